/* Workload H in ordinary loops with libm: value and gradient of the chained Rosenbrock function, and with
   LUKSAN_VLCEK of the Lagrangian of problem 5.1 of Luksan and Vlcek, all multipliers MULTIPLIER. */

#include <math.h>
#include <string.h>

static double rosenbrock(const double *x, double *g) {
    double inner = x[0] * x[0] - x[1], outer = x[0] - 1;
    g[0] += 400 * inner * x[0] + 2 * outer;
    g[1] -= 200 * inner;
    return 100 * inner * inner + outer * outer;
}

#ifdef LUKSAN_VLCEK
static double constraint(const double *x, double *g) {
    double minus = x[1] - x[2], plus = x[1] + x[2], sm = sin(minus), sp = sin(plus), cm = cos(minus), cp = cos(plus);
    double e = exp(x[0] - x[1]);
    g[0] -= MULTIPLIER * (1 + x[0]) * e;
    g[1] += MULTIPLIER * (9 * x[1] * x[1] + cm * sp + sm * cp + 4 + x[0] * e);
    g[2] += MULTIPLIER * (2 - cm * sp + sm * cp);
    return MULTIPLIER * (3 * x[1] * x[1] * x[1] + 2 * x[2] - 5 + sm * sp + 4 * x[1] - x[0] * e - 3);
}
#endif

double step(const double *x, double *g) {
    double total = 0;
    memset(g, 0, VARIABLES * sizeof(double));
    for (int i = 0; i + 1 < VARIABLES; i++) total += rosenbrock(x + i, g + i);
#ifdef LUKSAN_VLCEK
    for (int i = 0; i + 2 < VARIABLES; i++) total += constraint(x + i, g + i);
#endif
    return total;
}
