/* The baseline "plain": loss and gradient of a network in ordinary loops with libm, one row after the other. */

#include <math.h>
#include <string.h>
#include "network.h"

INLINE void forward(int nin, int nout, const double *w, const double *x, double *z) {
    for (int o = 0; o < nout; o++) {
        double total = w[o * (nin + 1) + nin];
        for (int i = 0; i < nin; i++) total += w[o * (nin + 1) + i] * x[i];
        z[o] = total;
    }
}

INLINE void relu(int n, double *z) {
    for (int i = 0; i < n; i++) z[i] = z[i] > 0 ? z[i] : 0;
}

/* Adds to the gradient of the weights; dx, the gradient of the inputs after their relu, is optional. */
INLINE void backward(int nin, int nout, const double *w, const double *x, const double *dz, double *dw, double *dx) {
    for (int o = 0; o < nout; o++) {
        for (int i = 0; i < nin; i++) dw[o * (nin + 1) + i] += dz[o] * x[i];
        dw[o * (nin + 1) + nin] += dz[o];
    }
    if (!dx) return;
    for (int i = 0; i < nin; i++) dx[i] = 0;
    for (int o = 0; o < nout; o++)
        for (int i = 0; i < nin; i++) dx[i] += dz[o] * w[o * (nin + 1) + i];
    for (int i = 0; i < nin; i++) dx[i] = x[i] > 0 ? dx[i] : 0;
}

/* The loss of one row from its logits, and the gradient of the mean over the rows. */
INLINE double row_loss(const double *z, double y, double *dz) {
#if defined(HINGE)
    double margin = 1 - y * z[0];
    dz[0] = margin > 0 ? -y / ROWS : 0;
    return margin > 0 ? margin : 0;
#elif defined(BCE)
    double e = exp(-fabs(z[0]));
    dz[0] = ((z[0] >= 0 ? 1 : e) / (1 + e) - y) / ROWS;
    return (z[0] > 0 ? z[0] : 0) + log1p(e) - y * z[0];
#else
    double top = z[0], total = 0;
    int target = (int)y;
    for (int o = 1; o < CLASSES; o++) top = z[o] > top ? z[o] : top;
    for (int o = 0; o < CLASSES; o++) total += dz[o] = exp(z[o] - top);
    for (int o = 0; o < CLASSES; o++) dz[o] /= total * ROWS;
    dz[target] -= 1.0 / ROWS;
    return top + log(total) - z[target];
#endif
}

/* x: rows x inputs; y: one number a row; returns the mean loss and writes its gradient. */
double step(const double *restrict w, const double *restrict x, const double *restrict y, double *restrict dw) {
    double loss = 0, penalty = 0, h1[N1], h2[N2], d1[N1], d2[N2];
    memset(dw, 0, PARAMETERS * sizeof(double));
    for (int r = 0; r < ROWS; r++, x += N0) {
        forward(N0, N1, w, x, h1);
        relu(N1, h1);
        forward(N1, N2, w + W1, h1, h2);
#if LAYERS == 3
        double h3[N3], d3[N3];
        relu(N2, h2);
        forward(N2, N3, w + W2, h2, h3);
        loss += row_loss(h3, y[r], d3);
        backward(N2, N3, w + W2, h2, d3, dw + W2, d2);
#else
        loss += row_loss(h2, y[r], d2);
#endif
        backward(N1, N2, w + W1, h1, d2, dw + W1, d1);
        backward(N0, N1, w, x, d1, dw, 0);
    }
    for (int p = 0; p < PARAMETERS; p++) {
        penalty += w[p] * w[p];
        dw[p] += 2 * ALPHA * w[p];
    }
    return loss / ROWS + ALPHA * penalty;
}
