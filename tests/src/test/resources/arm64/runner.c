// SPDX-License-Identifier: Apache-2.0
//
// Runs arm64 code under qemu-user for a JVM at the other end of stdin and stdout.
//
// The code works on the JVM's own memory: a page that it touches and that is not here is asked for,
// and what it changed in its pages is sent back before the JVM goes on (at a call of a helper, and
// at the end). After that all pages are dropped, because the JVM may change them.
//
// Every message is a word of 8 bytes, its arguments, then bytes; little-endian.
//   to us     CODE addr n bytes       puts code into the code area
//             BASE percpu threadinfo  what tpidr_el1 and sp_el0 give
//             RUN entry a0..a4 sp     calls; answers follow until DONE or FAULT
//             VALUE v                 result of a helper
//             PAGE bytes | NONE       answer to NEED
//             GUARD                   indirect branches into the code must land on a bti
//             FIX pc x                at a bad address there x (31: none) becomes 0, and it goes on
//   from us   NEED addr               a page of 4096 bytes
//             DIRTY addr n bytes      changed memory
//             HELPER id a0..a4        a call; VALUE or a RUN inside comes next
//             DONE v                  the code returned
//             FAULT signal pc addr    it cannot go on
//
// clang --target=aarch64-linux-gnu -march=armv8.1-a -O2 -ffreestanding -fno-stack-protector
//   -fno-pic -nostdlib -static -fuse-ld=lld -Wl,--build-id=none -Wl,--image-base=0x3f000000
//   -Wl,-s -o runner runner.c

typedef unsigned long u64;
typedef unsigned int u32;
typedef unsigned char u8;

enum { CODE = 1, BASE, RUN, VALUE, PAGE, NONE, NEED, DIRTY, HELPER, DONE, FAULT, GUARD, FIX };
enum { SIGILL = 4, SIGBUS = 7, SIGSEGV = 11 };
enum { PAGE_BYTES = 4096, MAX_PAGES = 4096, MAX_FIXES = 1 << 16 };
enum { CODE_AREA = 0x48000000, CODE_BYTES = 64 << 20 };
enum {
	SYS_read = 63, SYS_write = 64, SYS_exit = 94, SYS_sigaltstack = 132,
	SYS_rt_sigaction = 134, SYS_munmap = 215, SYS_mmap = 222, SYS_mprotect = 226,
};

static long call(long n, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = n;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc #0"
			 : "+r"(x0)
			 : "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5), "r"(x8)
			 : "memory", "cc");
	return x0;
}

static void die(int status)
{
	for (;;)
		call(SYS_exit, status, 0, 0, 0, 0, 0);
}

void *memcpy(void *to, const void *from, u64 n)
{
	u8 *t = to;
	const u8 *f = from;

	while (n--)
		*t++ = *f++;
	return to;
}

void *memset(void *to, int value, u64 n)
{
	u8 *t = to;

	while (n--)
		*t++ = value;
	return to;
}

static u8 out[1 << 16], in[1 << 16];
static u64 out_n, in_at, in_n;

static void flush(void)
{
	for (u64 at = 0; at < out_n;) {
		long n = call(SYS_write, 1, (long)(out + at), out_n - at, 0, 0, 0);

		if (n <= 0)
			die(3);
		at += n;
	}
	out_n = 0;
}

static void put(const void *from, u64 n)
{
	for (const u8 *f = from; n; n--) {
		if (out_n == sizeof(out))
			flush();
		out[out_n++] = *f++;
	}
}

static void put64(u64 value)
{
	put(&value, 8);
}

static void get(void *to, u64 n)
{
	for (u8 *t = to; n; n--) {
		if (in_at == in_n) {
			flush();
			in_n = call(SYS_read, 0, (long)in, sizeof(in), 0, 0, 0);
			in_at = 0;
			if ((long)in_n <= 0)
				die(in_n ? 4 : 0);
		}
		*t++ = in[in_at++];
	}
}

static u64 get64(void)
{
	u64 value;

	get(&value, 8);
	return value;
}

// Pages of the JVM, and what they held when they came.
static u64 page_at[MAX_PAGES];
static u8 page_was[MAX_PAGES][PAGE_BYTES];
static int pages;

static int map(u64 at)
{
	// READ | WRITE; PRIVATE | ANONYMOUS | FIXED_NOREPLACE
	u64 got = call(SYS_mmap, at, PAGE_BYTES, 3, 0x100022, -1, 0);

	if (got == at)
		return 1;
	if (got < -4095UL)
		call(SYS_munmap, got, PAGE_BYTES, 0, 0, 0, 0);
	return 0;
}

static int fetch(u64 address)
{
	u64 at = address & -(u64)PAGE_BYTES;

	if (pages == MAX_PAGES)
		return 0;
	for (int i = 0; i < pages; i++)
		if (page_at[i] == at)
			return 0;
	put64(NEED);
	put64(at);
	if (get64() != PAGE)
		return 0;
	get(page_was[pages], PAGE_BYTES);
	if (!map(at))
		return 0;
	memcpy((void *)at, page_was[pages], PAGE_BYTES);
	page_at[pages++] = at;
	return 1;
}

static void send_dirty(void)
{
	for (int i = 0; i < pages; i++) {
		const u8 *now = (const u8 *)page_at[i], *was = page_was[i];

		for (int at = 0; at < PAGE_BYTES;) {
			int end = at;

			while (end < PAGE_BYTES && now[end] != was[end])
				end++;
			if (end > at) {
				put64(DIRTY);
				put64(page_at[i] + at);
				put64(end - at);
				put(now + at, end - at);
			}
			at = end + 1;
		}
		call(SYS_munmap, page_at[i], PAGE_BYTES, 0, 0, 0, 0);
	}
	pages = 0;
}

// Where helper stubs and faults find our own stack again.
u64 host_sp;
static u64 percpu, thread_info;
static u64 fault[3];

extern u64 enter(u64 entry, const u64 *arguments, u64 sp);
extern void leave(void);
static u64 serve(void);

u64 helper(u64 id, const u64 *arguments)
{
	u64 kept[5];

	memcpy(kept, arguments, sizeof(kept));
	send_dirty();
	put64(HELPER);
	put64(id);
	put(kept, sizeof(kept));
	return serve();
}

// Exception table: places and their registers.
static u64 fix_pc[MAX_FIXES], fix_x[MAX_FIXES];
static int fixes;

static int fix(u64 *x, u64 *pc)
{
	for (int i = 0; i < fixes; i++) {
		if (fix_pc[i] == *pc) {
			if (fix_x[i] < 31)
				x[fix_x[i]] = 0;
			*pc += 4;
			return 1;
		}
	}
	return 0;
}

static void on_signal(int signal, u8 *info, u8 *context)
{
	u64 *x = (u64 *)(context + 184); // x0..x30, sp, pc
	u64 *pc = x + 32;
	u64 address = *(u64 *)(info + 16);

	if (signal == SIGILL) {
		u32 word = *(u32 *)*pc;

		// Registers of the kernel: tpidr_el1, tpidr_el2, sp_el0.
		if ((word & ~31u) == 0xd538d080 || (word & ~31u) == 0xd53cd040) {
			x[word & 31] = percpu;
			*pc += 4;
			return;
		}
		if ((word & ~31u) == 0xd5384100) {
			x[word & 31] = thread_info;
			*pc += 4;
			return;
		}
	}
	if (signal == SIGSEGV && (fetch(address) || fix(x, pc)))
		return;
	fault[0] = signal;
	fault[1] = *pc;
	fault[2] = address;
	x[31] = host_sp;
	*pc = (u64)leave;
}

__asm__(".text\n"
	"enter:\n"
	"	stp x29, x30, [sp, #-112]!\n"
	"	stp x19, x20, [sp, #16]\n"
	"	stp x21, x22, [sp, #32]\n"
	"	stp x23, x24, [sp, #48]\n"
	"	stp x25, x26, [sp, #64]\n"
	"	stp x27, x28, [sp, #80]\n"
	"	adrp x9, host_sp\n"
	"	add x9, x9, :lo12:host_sp\n"
	"	ldr x10, [x9]\n"
	"	str x10, [sp, #96]\n"
	"	mov x10, sp\n"
	"	str x10, [x9]\n"
	"	mov x16, x0\n"
	"	mov x17, x1\n"
	"	mov sp, x2\n"
	"	ldp x0, x1, [x17]\n"
	"	ldp x2, x3, [x17, #16]\n"
	"	ldr x4, [x17, #32]\n"
	"	blr x16\n"
	".global leave\n"
	"leave:\n"
	"	adrp x9, host_sp\n"
	"	add x9, x9, :lo12:host_sp\n"
	"	ldr x10, [x9]\n"
	"	mov sp, x10\n"
	"	ldr x10, [sp, #96]\n"
	"	str x10, [x9]\n"
	"	ldp x19, x20, [sp, #16]\n"
	"	ldp x21, x22, [sp, #32]\n"
	"	ldp x23, x24, [sp, #48]\n"
	"	ldp x25, x26, [sp, #64]\n"
	"	ldp x27, x28, [sp, #80]\n"
	"	ldp x29, x30, [sp], #112\n"
	"	ret\n"
	// Stub n at 0x3f.. is found by the JVM as stubs + 16 * n.
	".section .stubs, \"ax\"\n"
	".global stubs\n"
	"stubs:\n"
	".rept 512\n"
	"	mov x16, #((. - stubs) / 16)\n"
	"	b 1f\n"
	"	nop\n"
	"	nop\n"
	".endr\n"
	"1:	stp x29, x30, [sp, #-16]!\n"
	"	mov x29, sp\n"
	"	adrp x17, host_sp\n"
	"	ldr x17, [x17, :lo12:host_sp]\n"
	"	mov sp, x17\n"
	"	stp x0, x1, [sp, #-48]!\n"
	"	stp x2, x3, [sp, #16]\n"
	"	str x4, [sp, #32]\n"
	"	mov x0, x16\n"
	"	mov x1, sp\n"
	"	bl helper\n"
	"	mov sp, x29\n"
	"	ldp x29, x30, [sp], #16\n"
	"	ret\n"
	".text\n"
	".global _start\n"
	"_start:\n"
	"	bl begin\n");

extern u8 stubs[];

static void sync(u64 at, u64 n)
{
	for (u64 p = at & -64UL; p < at + n; p += 4)
		__asm__ volatile("dc cvau, %0" : : "r"(p) : "memory");
	__asm__ volatile("dsb ish" : : : "memory");
	for (u64 p = at & -64UL; p < at + n; p += 4)
		__asm__ volatile("ic ivau, %0" : : "r"(p) : "memory");
	__asm__ volatile("dsb ish\nisb" : : : "memory");
}

static void run(void)
{
	u64 entry = get64(), arguments[5], sp, result;

	get(arguments, sizeof(arguments));
	sp = get64();
	fault[0] = 0;
	result = enter(entry, arguments, sp);
	if (fault[0]) {
		put64(FAULT);
		put(fault, sizeof(fault));
		flush();
		die(7);
	}
	send_dirty();
	put64(DONE);
	put64(result);
}

// Obeys until a helper's value comes.
static u64 serve(void)
{
	for (;;) {
		switch (get64()) {
		case CODE: {
			u64 at = get64(), n = get64();

			get((void *)at, n);
			sync(at, n);
			break;
		}
		case BASE:
			percpu = get64();
			thread_info = get64();
			break;
		case RUN:
			run();
			break;
		case GUARD:
			// EXECUTE | READ | WRITE | BTI
			if (call(SYS_mprotect, CODE_AREA, CODE_BYTES, 0x17, 0, 0, 0))
				die(9);
			break;
		case FIX:
			if (fixes == MAX_FIXES)
				die(8);
			fix_pc[fixes] = get64();
			fix_x[fixes++] = get64();
			break;
		case VALUE:
			return get64();
		default:
			die(5);
		}
	}
}

static u8 signal_stack[1 << 16] __attribute__((aligned(16)));

void begin(void)
{
	u64 stack[3] = { (u64)signal_stack, 0, sizeof(signal_stack) };
	// SA_SIGINFO | SA_ONSTACK | SA_NODEFER
	struct {
		void *handler;
		u64 flags;
		void *restorer;
		u64 mask;
	} action = { on_signal, 0x4 | 0x08000000 | 0x40000000, 0, 0 };

	call(SYS_sigaltstack, (long)stack, 0, 0, 0, 0, 0);
	call(SYS_rt_sigaction, SIGILL, (long)&action, 0, 8, 0, 0);
	call(SYS_rt_sigaction, SIGBUS, (long)&action, 0, 8, 0, 0);
	call(SYS_rt_sigaction, SIGSEGV, (long)&action, 0, 8, 0, 0);
	// EXECUTE | READ | WRITE; PRIVATE | ANONYMOUS | FIXED_NOREPLACE
	if (call(SYS_mmap, CODE_AREA, CODE_BYTES, 7, 0x100022, -1, 0) != CODE_AREA)
		die(6);
	put64((u64)stubs);
	serve();
}
