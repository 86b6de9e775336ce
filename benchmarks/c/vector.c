/* The baseline "vector": the same loss and gradient by hand, four rows in the lanes of a vector, a tile of rows at a
   time, and as many accumulators in registers as the processor's multiply-adds need. The floor to compare with. */

#include "network.h"
#include "vector_math.h"

#define PADDED ((ROWS + 3) / 4 * 4)
#ifndef TILE
#define TILE 64
#endif
#define ALIGNED __attribute__((aligned(32)))
#define UNROLL _Pragma("GCC unroll 8")

enum { LINEAR, RELU, GATED };

/* What follows the sum: nothing, relu, or (backward through a relu) 0 where the gate is not positive. */
INLINE v4 finish(int kind, v4 z, const double *gate) {
    if (kind == RELU) return keep(z > all(0), z);
    return kind == GATED ? keep(load(gate) > all(0), z) : z;
}

/* out[o][r] = bias[o] + sum over i of w[o][i] in[i][r], for NO outputs and NV vectors of rows. */
INLINE void dense_block(int NO, int NV, int kind, int nin, const double *w, int wo, int wi, const double *bias,
                        const double *in, const double *gate, double *out) {
    v4 total[8];
    UNROLL for (int o = 0; o < NO; o++) {
        v4 start = all(bias ? bias[o * wo] : 0);
        UNROLL for (int v = 0; v < NV; v++) total[o * NV + v] = start;
    }
    for (int i = 0; i < nin; i++) {
        v4 x[8];
        UNROLL for (int v = 0; v < NV; v++) x[v] = load(in + i * TILE + 4 * v);
        UNROLL for (int o = 0; o < NO; o++) {
            v4 weight = all(w[o * wo + i * wi]);
            UNROLL for (int v = 0; v < NV; v++) total[o * NV + v] += weight * x[v];
        }
    }
    UNROLL for (int o = 0; o < NO; o++)
        UNROLL for (int v = 0; v < NV; v++) {
            int at = o * TILE + 4 * v;
            store(out + at, finish(kind, total[o * NV + v], gate + at));
        }
}

/* NO outputs for all vectors of rows, NV vectors at a time. */
INLINE void dense_lines(int NO, int NV, int kind, int nin, const double *w, int wo, int wi, const double *bias,
                        const double *in, const double *gate, double *out, int vectors) {
    int v = 0;
    for (; v + NV <= vectors; v += NV)
        dense_block(NO, NV, kind, nin, w, wo, wi, bias, in + 4 * v, gate + 4 * v, out + 4 * v);
    for (; v < vectors; v++)
        dense_block(NO, 1, kind, nin, w, wo, wi, bias, in + 4 * v, gate + 4 * v, out + 4 * v);
}

/* The weights are read with strides, so that the same loop serves forward (w) and backward (w transposed). */
INLINE void dense(int kind, int nin, int nout, const double *w, int wo, int wi, const double *bias, const double *in,
                  const double *gate, double *out, int vectors) {
    int o = 0;
    for (; o + 2 <= nout; o += 2)
        dense_lines(2, 4, kind, nin, w + o * wo, wo, wi, bias ? bias + o * wo : 0, in, gate + o * TILE, out + o * TILE,
                    vectors);
    for (; o < nout; o++)
        dense_lines(1, 8, kind, nin, w + o * wo, wo, wi, bias ? bias + o * wo : 0, in, gate + o * TILE, out + o * TILE,
                    vectors);
}

INLINE void forward(int kind, int nin, int nout, const double *w, const double *in, double *out, int vectors) {
    dense(kind, nin, nout, w, nin + 1, 1, w + nin, in, out, out, vectors);
}

/* The gradient of a layer's inputs, which are the outputs of a relu, from that of its outputs. */
INLINE void backward(int nin, int nout, const double *w, const double *dz, const double *x, double *dx, int vectors) {
    dense(GATED, nout, nin, w, 1, nin + 1, 0, dz, x, dx, vectors);
}

/* dw[o][i] += sum over rows of dz[o][r] x[i][r], for NO x NI weights; without x: the biases. */
INLINE void outer_block(int NO, int NI, const double *dz, const double *x, double *dw, int line, int vectors) {
    v4 total[8];
    UNROLL for (int k = 0; k < NO * NI; k++) total[k] = all(0);
    for (int v = 0; v < vectors; v++) {
        v4 in[4];
        UNROLL for (int i = 0; i < NI; i++) in[i] = x ? load(x + i * TILE + 4 * v) : all(1);
        UNROLL for (int o = 0; o < NO; o++) {
            v4 d = load(dz + o * TILE + 4 * v);
            UNROLL for (int i = 0; i < NI; i++) total[o * NI + i] += x ? d * in[i] : d;
        }
    }
    UNROLL for (int o = 0; o < NO; o++) {
        double *to = dw + o * line;
        if (NI == 4) add_unaligned(to, sums(total[o * 4], total[o * 4 + 1], total[o * 4 + 2], total[o * 4 + 3]));
        else UNROLL for (int i = 0; i < NI; i++) to[i] += sum4(total[o * NI + i]);
    }
}

INLINE void outer_columns(int NO, int NI, int nout, const double *dz, const double *x, double *dw, int line,
                          int vectors) {
    int o = 0;
    for (; o + NO <= nout; o += NO) outer_block(NO, NI, dz + o * TILE, x, dw + o * line, line, vectors);
    for (; o < nout; o++) outer_block(1, NI, dz + o * TILE, x, dw + o * line, line, vectors);
}

INLINE void outer(int nin, int nout, const double *dz, const double *x, double *dw, int vectors) {
    int i = 0;
    for (; i + 4 <= nin; i += 4) outer_columns(2, 4, nout, dz, x + i * TILE, dw + i, nin + 1, vectors);
    for (; i + 2 <= nin; i += 2) outer_columns(4, 2, nout, dz, x + i * TILE, dw + i, nin + 1, vectors);
    for (; i < nin; i++) outer_columns(8, 1, nout, dz, x + i * TILE, dw + i, nin + 1, vectors);
    outer_columns(8, 1, nout, dz, 0, dw + nin, nin + 1, vectors);
}

/* The losses of four rows from their logits; dz is the gradient of the mean, 0 in lanes that only pad. */
INLINE v4 row_loss(const double *z, v4 y, v4 share, double *dz) {
#if defined(HINGE)
    v4 margin = 1 - y * load(z);
    store(dz, choose(margin > all(0), -y * share, all(0)));
    return larger(margin, all(0)) * share;
#elif defined(BCE)
    v4 s = load(z), e = vexp(-magnitude(s));
    store(dz, (choose(s >= all(0), all(1), e) / (1 + e) - y) * share);
    return (larger(s, all(0)) + vlog1p(e) - y * s) * share;
#else
    v4 top = load(z), total = all(0), chosen = all(0);
    for (int o = 1; o < CLASSES; o++) top = larger(top, load(z + o * TILE));
    for (int o = 0; o < CLASSES; o++) {
        v4 e = vexp(load(z + o * TILE) - top);
        total += e;
        store(dz + o * TILE, e);
    }
    for (int o = 0; o < CLASSES; o++) {
        i4 is_target = y == all(o);
        chosen += choose(is_target, load(z + o * TILE), all(0));
        store(dz + o * TILE, (load(dz + o * TILE) / total - choose(is_target, all(1), all(0))) * share);
    }
    return (top + vlog(total) - chosen) * share;
#endif
}

INLINE v4 losses(const double *z, const double *y, const double *share, double *dz, int vectors) {
    v4 loss = all(0);
    for (int v = 0; v < vectors; v++) loss += row_loss(z + 4 * v, load(y + 4 * v), load(share + 4 * v), dz + 4 * v);
    return loss;
}

/* One tile: x is inputs x TILE. Returns its part of the mean loss, adds its part of the gradient. */
INLINE v4 tile(const double *w, const double *x, const double *y, const double *share, double *dw, int vectors) {
    static ALIGNED double h1[N1 * TILE], h2[N2 * TILE], d1[N1 * TILE], d2[N2 * TILE];
    v4 loss;
    forward(RELU, N0, N1, w, x, h1, vectors);
#if LAYERS == 3
    static ALIGNED double h3[N3 * TILE], d3[N3 * TILE];
    forward(RELU, N1, N2, w + W1, h1, h2, vectors);
    forward(LINEAR, N2, N3, w + W2, h2, h3, vectors);
    loss = losses(h3, y, share, d3, vectors);
    outer(N2, N3, d3, h2, dw + W2, vectors);
    backward(N2, N3, w + W2, d3, h2, d2, vectors);
#else
    forward(LINEAR, N1, N2, w + W1, h1, h2, vectors);
    loss = losses(h2, y, share, d2, vectors);
#endif
    outer(N1, N2, d2, h1, dw + W1, vectors);
    backward(N1, N2, w + W1, d2, h1, d1, vectors);
    outer(N0, N1, d1, x, dw, vectors);
    return loss;
}

/* x: tiles x inputs x TILE; y and share (1/ROWS, 0 where a row only pads): one number a row; all aligned to 32 bytes. */
double step(const double *restrict w, const double *restrict x, const double *restrict y, const double *restrict share,
            double *restrict dw) {
    double penalty = 0;
    v4 loss = all(0);
    memset(dw, 0, PARAMETERS * sizeof(double));
    for (int r = 0; r < PADDED; r += TILE, x += N0 * TILE) {
        int rows = PADDED - r < TILE ? PADDED - r : TILE;
        loss += tile(w, x, y + r, share + r, dw, rows / 4);
    }
    for (int p = 0; ALPHA != 0 && p < PARAMETERS; p++) {
        penalty += w[p] * w[p];
        dw[p] += 2 * ALPHA * w[p];
    }
    return sum4(loss) + ALPHA * penalty;
}

/* For the test of their accuracy. */
void exp4(const double *x, double *out) { store(out, vexp(load(x))); }
void log4(const double *x, double *out) { store(out, vlog(load(x))); }
void log1p4(const double *x, double *out) { store(out, vlog1p(load(x))); }
