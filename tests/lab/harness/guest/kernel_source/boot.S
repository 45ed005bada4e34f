/*
 * Licensed under the Apache License, Version 2.0 (the "License"); you may
 * not use this file except in compliance with the License. You may obtain
 * a copy of the License at
 *
 *      http://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
 * WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
 * License for the specific language governing permissions and limitations
 * under the License.
 */

/*
 * Entry from the multiboot loader (Multiboot Specification 0.6.96, 3.2) and
 * the interrupt stubs.
 */
        .set    MAGIC, 0x1BADB002
        .set    FLAGS, 0x2              /* tell us about the memory */

        .section .multiboot, "a"
        .align  4
        .long   MAGIC, FLAGS, -(MAGIC + FLAGS)

        .text
        .globl  start
start:
        cli
        cld
        lgdt    gdt_pointer
        ljmp    $0x08, $1f
1:      mov     $0x10, %cx
        mov     %cx, %ds
        mov     %cx, %es
        mov     %cx, %fs
        mov     %cx, %gs
        mov     %cx, %ss
        mov     $stack_top, %esp
        push    %ebx                    /* multiboot information */
        push    %eax                    /* loader magic */
        call    kernel_main
2:      cli
        hlt
        jmp     2b

        .section .state_code, "ax"      /* STATE_CODE in guest.h */
        .globl  timer_stub
timer_stub:
        pusha
        cld
        call    timer_tick
        popa
        iret

        .text
/* The CPU pushes an error code for some vectors only: read EIP accordingly. */
        .macro  exception vector, has_code
exception_\vector:
        .if     \has_code
        add     $4, %esp
        .endif
        push    $\vector
        call    exception_halt
        .endm

        .irp    vector, 0,1,2,3,4,5,6,7,9,15,16,18,19,20
        exception \vector, 0
        .endr
        .irp    vector, 8,10,11,12,13,14,17
        exception \vector, 1
        .endr

        .section .rodata
        .globl  exception_stubs
        .align  4
exception_stubs:
        .irp    vector, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20
        .long   exception_\vector
        .endr

        .align  8
gdt:    .quad   0
        .quad   0x00CF9A000000FFFF      /* 0x08: code, 4 GiB, flat */
        .quad   0x00CF92000000FFFF      /* 0x10: data, 4 GiB, flat */
gdt_pointer:
        .word   . - gdt - 1
        .long   gdt

        .bss
        .align  16
        .skip   2048
stack_top:
        .section .note.GNU-stack, "", @progbits
