/* Four doubles at a time: exp and log with GCC's vector extensions, good to 2 ulp. */

#include <string.h>

typedef double v4 __attribute__((vector_size(32)));
typedef long long i4 __attribute__((vector_size(32)));

INLINE v4 all(double x) { return (v4){x, x, x, x}; }
INLINE v4 load(const double *p) { return *(const v4 *)p; }
INLINE void store(double *p, v4 x) { *(v4 *)p = x; }
INLINE v4 choose(i4 condition, v4 a, v4 b) { return (v4)((condition & (i4)a) | (~condition & (i4)b)); }
INLINE v4 keep(i4 condition, v4 a) { return (v4)(condition & (i4)a); }
INLINE v4 larger(v4 a, v4 b) { return choose(a > b, a, b); }
INLINE v4 magnitude(v4 x) { return (v4)((i4)x & 0x7fffffffffffffffLL); }
INLINE double sum4(v4 x) { return (x[0] + x[2]) + (x[1] + x[3]); }
/* The sums of four vectors' lanes. */
INLINE v4 sums(v4 a, v4 b, v4 c, v4 d) {
    const i4 even = {0, 4, 2, 6}, odd = {1, 5, 3, 7};
    v4 ab = __builtin_shuffle(a, b, even) + __builtin_shuffle(a, b, odd);
    v4 cd = __builtin_shuffle(c, d, even) + __builtin_shuffle(c, d, odd);
    return __builtin_shuffle(ab, cd, (i4){0, 1, 4, 5}) + __builtin_shuffle(ab, cd, (i4){2, 3, 6, 7});
}

INLINE void add_unaligned(double *p, v4 x) {
    v4 before;
    memcpy(&before, p, sizeof before);
    x += before;
    memcpy(p, &x, sizeof x);
}

INLINE v4 power_of_2(i4 n) { return (v4)((n + 1023) << 52); }

/* e^x = 2^n e^r with |r| <= ln(2)/2, e^r by its Taylor series; 2^n in two halves, so that subnormals come out. */
INLINE v4 vexp(v4 x) {
    const v4 round = all(0x1.8p52);
    x = choose(x > all(710), all(710), choose(x < all(-750), all(-750), x));
    v4 shifted = x * 0x1.71547652b82fep0 + round, n = shifted - round;
    i4 k = (i4)shifted - (i4)round, half = k >> 1;
    v4 r = x - n * 0x1.62e42fee00000p-1 - n * 0x1.a39ef35793c76p-33;
    static const double inverse_factorial[] = {1. / 479001600, 1. / 39916800, 1. / 3628800, 1. / 362880, 1. / 40320,
                                               1. / 5040, 1. / 720, 1. / 120, 1. / 24, 1. / 6, 0.5};
    v4 p = all(1. / 6227020800);
#pragma GCC unroll 11
    for (int i = 0; i < 11; i++) p = p * r + inverse_factorial[i];
    return (1 + (r + r * r * p)) * power_of_2(half) * power_of_2(k - half);
}

/* log(1 + f) for sqrt(1/2) <= 1 + f <= sqrt(2), by the series of fdlibm's e_log.c in s = f/(2 + f). */
INLINE v4 log_near_1(v4 f) {
    v4 s = f / (2 + f), z = s * s, half_square = 0.5 * f * f;
    v4 p = all(1.479819860511658591e-1);
    p = p * z + 1.531383769920937332e-1;
    p = p * z + 1.818357216161805012e-1;
    p = p * z + 2.222219843214978396e-1;
    p = p * z + 2.857142874366239149e-1;
    p = p * z + 3.999999999940941908e-1;
    p = p * z + 6.666666666666735130e-1;
    return f - (half_square - s * (half_square + p * z));
}

/* log(1 + e) for 0 <= e <= 1: 1 + e or (1 + e)/2 is near 1, and both differences are exact. */
INLINE v4 vlog1p(v4 e) {
    i4 high = e > all(0.41421356);
    return log_near_1(choose(high, (e - 1) * 0.5, e)) + choose(high, all(0x1.62e42fefa39efp-1), all(0));
}

/* log(x) for normal x > 0. */
INLINE v4 vlog(v4 x) {
    i4 high_part = ((i4)x >> 32) - 0x3fe6a09eLL, k = high_part >> 20;
    v4 m = (v4)((i4)x - (k << 52)), n = {(double)k[0], (double)k[1], (double)k[2], (double)k[3]};
    return n * 0x1.62e42fefa39efp-1 + log_near_1(m - 1);
}
