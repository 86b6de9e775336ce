/* The network of one build: its sizes come from the command line, so that every loop has constant bounds.

   SIZES as N0 .. N3 (N3 only if LAYERS is 3), ROWS, ALPHA (the L2 penalty), and one of HINGE, BCE, CROSS_ENTROPY.
   Parameters and gradient: per layer a matrix out x (in + 1), the bias last in each line. */

#ifndef N3
#define N3 0
#endif
#define INLINE static inline __attribute__((always_inline))
#define CLASSES (LAYERS == 3 ? N3 : N2)
#define W0 0
#define W1 (N1 * (N0 + 1))
#define W2 (W1 + N2 * (N1 + 1))
#define PARAMETERS (W2 + N3 * (N2 + 1) * (LAYERS == 3))
