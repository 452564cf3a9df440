// The first instructions of a child process on arm64: see ChildScript.
// long start(struct frame *frame)      frame: clone flags, pidfd, step, error, all signals, old mask
// A step is nine 8-byte words: number, six arguments, where the result goes, which error may be
// (0 none, 1 any, else the negative number).
start:
	mov	x9, x0			// a system call keeps every register but x0
	mov	x8, #135		// rt_sigprocmask(SIG_BLOCK, all, old, 8): a handler of the JVM
	mov	x0, #0			// must never run in a child that shares the JVM's memory
	add	x1, x9, #32
	add	x2, x9, #40
	mov	x3, #8
	svc	#0
	mov	x8, #220		// clone(flags, same stack, &pidfd)
	ldr	x0, [x9]
	mov	x1, #0
	add	x2, x9, #8
	mov	x3, #0
	mov	x4, #0
	svc	#0
	cbz	x0, child
	mov	x10, x0			// CLONE_VFORK: the child has executed a program or ended
	mov	x8, #135		// rt_sigprocmask(SIG_SETMASK, old, NULL, 8)
	mov	x0, #2
	add	x1, x9, #40
	mov	x2, #0
	mov	x3, #8
	svc	#0
	mov	x0, x10
	ret
child:
	ldr	x10, [x9, #16]
next:
	ldp	x8, x0, [x10]
	ldp	x1, x2, [x10, #16]
	ldp	x3, x4, [x10, #32]
	ldr	x5, [x10, #48]
	svc	#0
	ldr	x11, [x10, #56]
	str	x0, [x11]
	cmn	x0, #4095
	b.cc	done
	ldr	x11, [x10, #64]
	cmp	x11, #1
	b.eq	done
	cmp	x11, x0
	b.eq	done
	str	x10, [x9, #16]		// tell the parent which step failed, and why
	str	x0, [x9, #24]
	mov	x8, #94			// exit_group(127)
	mov	x0, #127
	svc	#0
done:
	add	x10, x10, #72
	b	next
