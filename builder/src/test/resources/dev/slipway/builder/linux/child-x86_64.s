# The first instructions of a child process on x86-64: see ChildScript.
# long start(struct frame *frame)      frame: clone flags, pidfd, step, error, all signals, old mask
# A step is nine 8-byte words: number, six arguments, where the result goes, which error may be
# (0 none, 1 any, else the negative number).
	.intel_syntax noprefix
start:
	push rbx
	mov rbx, rdi
	mov eax, 14			# rt_sigprocmask(SIG_BLOCK, all, old, 8): a handler of the JVM
	xor edi, edi			# must never run in a child that shares the JVM's memory
	lea rsi, [rbx+32]
	lea rdx, [rbx+40]
	mov r10d, 8
	syscall
	mov eax, 56			# clone(flags, same stack, &pidfd)
	mov rdi, [rbx]
	xor esi, esi
	lea rdx, [rbx+8]
	xor r10d, r10d
	xor r8d, r8d
	syscall
	test rax, rax
	jz child
	push rax			# CLONE_VFORK: the child has executed a program or ended
	mov eax, 14			# rt_sigprocmask(SIG_SETMASK, old, NULL, 8)
	mov edi, 2
	lea rsi, [rbx+40]
	xor edx, edx
	mov r10d, 8
	syscall
	pop rax
	pop rbx
	ret
child:					# never touches the stack: it is the parent's
	mov r12, [rbx+16]
next:
	mov rax, [r12]
	mov rdi, [r12+8]
	mov rsi, [r12+16]
	mov rdx, [r12+24]
	mov r10, [r12+32]
	mov r8, [r12+40]
	mov r9, [r12+48]
	syscall
	mov r13, [r12+56]
	mov [r13], rax
	cmp rax, -4095
	jb done
	mov r14, [r12+64]
	cmp r14, 1
	je done
	cmp r14, rax
	je done
	mov [rbx+16], r12		# tell the parent which step failed, and why
	mov [rbx+24], rax
	mov eax, 231			# exit_group(127)
	mov edi, 127
	syscall
done:
	add r12, 72
	jmp next
