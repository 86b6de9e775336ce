"""Names that a function in C may have: not those of the languages, of the library, or of the file that it stands in."""

import re

LANGUAGES = """
auto break case char const continue default do double else enum extern float for goto if inline int long register
restrict return short signed sizeof static struct switch typedef union unsigned void volatile while alignas alignof
asm bool constexpr false nullptr static_assert thread_local true typeof typeof_unqual and and_eq bitand bitor catch
char8_t char16_t char32_t class compl concept consteval constinit const_cast co_await co_return co_yield decltype
delete dynamic_cast explicit export friend mutable namespace new noexcept not not_eq operator or or_eq private
protected public reinterpret_cast requires static_cast template this throw try typeid typename using virtual wchar_t
xor xor_eq near far i386 linux unix
"""
"""C99's words, C23's, those of C++, by which a C file may be compiled as well, and what some compilers define."""

MATHEMATICS = """
acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh drem erf erfc exp exp2 exp10 expm1 fabs fdim finite
floor fma fmax fmin fmod frexp gamma hypot ilogb isinf isnan j0 j1 jn ldexp lgamma llrint llround log log10 log1p log2
logb lrint lround modf nan nearbyint nextafter nextdown nexttoward nextup pow pow10 remainder remquo rint round
roundeven scalb scalbln scalbn significand sin sincos sinh sqrt tan tanh tgamma trunc y0 y1 yn cabs cacos cacosh carg
casin casinh catan catanh ccos ccosh cexp cimag clog conj cpow cproj creal csin csinh csqrt ctan ctanh
"""
"""Each of them has kin for float and long double, in f and l."""

LIBRARY = """
fpclassify isfinite isgreater isgreaterequal isless islessequal islessgreater isnormal isunordered signbit signgam
math_errhandling double_t float_t complex imaginary lgamma_r gamma_r abort abs asctime assert atexit atof atoi atol
atoll bsearch btowc calloc clearerr clock ctime difftime div errno exit fclose feclearexcept fegetenv fegetexceptflag
fegetround feholdexcept feof feraiseexcept ferror fesetenv fesetexceptflag fesetround fetestexcept feupdateenv fflush
fgetc fgetpos fgets fgetwc fgetws fopen fprintf fputc fputs fputwc fputws fread free freopen fscanf fseek fsetpos
ftell fwide fwprintf fwrite fwscanf getc getchar getenv gets getwc getwchar gmtime imaxabs imaxdiv isalnum isalpha
isblank iscntrl isdigit isgraph islower isprint ispunct isspace isupper iswalnum iswalpha iswblank iswcntrl iswctype
iswdigit iswgraph iswlower iswprint iswpunct iswspace iswupper iswxdigit isxdigit labs ldiv llabs lldiv localeconv
localtime longjmp main malloc mblen mbrlen mbrtowc mbsinit mbsrtowcs mbstowcs mbtowc memchr memcmp memcpy memmove
memset mktime offsetof perror printf putc putchar puts putwc putwchar qsort raise rand realloc remove rename rewind
scanf setbuf setjmp setlocale setvbuf signal snprintf sprintf srand sscanf stderr stdin stdout strcat strchr strcmp
strcoll strcpy strcspn strerror strftime strlen strncat strncmp strncpy strpbrk strrchr strspn strstr strtod strtof
strtoimax strtok strtol strtold strtoll strtoul strtoull strtoumax strxfrm swprintf swscanf system time tmpfile tmpnam
tolower toupper towctrans towlower towupper ungetc ungetwc va_arg va_copy va_end va_start vfprintf vfscanf vfwprintf
vfwscanf vprintf vscanf vsnprintf vsprintf vsscanf vswprintf vswscanf vwprintf vwscanf wcrtomb wcscat wcschr wcscmp
wcscoll wcscpy wcscspn wcsftime wcslen wcsncat wcsncmp wcsncpy wcspbrk wcsrchr wcsrtombs wcsspn wcsstr wcstod wcstof
wcstoimax wcstok wcstol wcstold wcstoll wcstombs wcstoul wcstoull wcstoumax wcsxfrm wctob wctomb wctrans wctype
wmemchr wmemcmp wmemcpy wmemmove wmemset wprintf wscanf accept access alarm bind close connect dup environ fork index
kill link listen nice open pause pipe poll random read recv rindex select send sleep srandom stat sync unlink wait
write
"""
"""The rest of <math.h>; C99's library, and of the system's what a program would lose to a function of that name."""

TAKEN = frozenset([*LANGUAGES.split(), *(f + s for f in MATHEMATICS.split() for s in ("", "f", "l")), *LIBRARY.split()])
OURS = re.compile(r"[i-p]|s|t\d*|[A-Z][A-Z0-9_]*")
"""The file's own variables; and capitals alone, which are macros'."""


def identifier(name: str) -> str:
    """The name, or what a function in C may have instead of it."""
    found = re.sub(r"\W", "_", name.replace("<lambda>", "f")).lstrip("_")
    if not found.isidentifier() or not found.isascii():
        return "f"
    return found + "_" * (found in TAKEN or OURS.fullmatch(found) is not None)
