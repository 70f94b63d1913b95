// A guest of a few instructions for tests of the emulator's handling: it answers each byte of the console.
//   h            prints "hello"
//   w            puts 4096 words of a track into the ring that the descriptor names, in blocks of 512 pairs, waiting
//                while the host is behind
//   b            says that more was written than the ring holds
//   0 to 9       ends with that status
//   c            a cyclic DMA chain: QEMU never comes back, and survives SIGTERM
// Other bytes are echoed.

.equ UART, 0xfe201000
.equ UART_DR, 0x00
.equ UART_FR, 0x18
.equ FR_RXFE, 4
// drivers/jack-keys.ts, boot/memory-map.ts
.equ DESCRIPTOR, 0x01200000 - 1024
.equ RING_BASE, 8
.equ AHEAD, 16
.equ WRITTEN, 20
.equ READ, 24
.equ BLOCK_MAGIC, 0x4b434200
.equ TRACK, 1
.equ BLOCK_BYTES, 4128
.equ BLOCK_WORDS, 1024
.equ DMA5, 0xfe007500

.macro constant register, value
    movz    \register, #(\value & 0xffff)
    movk    \register, #(\value >> 16), lsl #16
.endm

.globl _start
_start:
    mrs     x0, mpidr_el1
    and     x0, x0, #3
    cbnz    x0, park
    constant x20, UART
    constant x21, DESCRIPTOR
    mov     w22, #0                     // number of the last block
    mov     w0, #'>'
    str     w0, [x20, #UART_DR]
next:
    ldr     w0, [x20, #UART_FR]
    tbnz    w0, #FR_RXFE, next
    ldr     w19, [x20, #UART_DR]
    and     w19, w19, #0xff
    cmp     w19, #'h'
    b.eq    hello
    cmp     w19, #'w'
    b.eq    words
    cmp     w19, #'b'
    b.eq    break
    cmp     w19, #'c'
    b.eq    cycle
    sub     w1, w19, #'0'
    cmp     w1, #9
    b.ls    end
    str     w19, [x20, #UART_DR]
    b       next

hello:
    adr     x1, text
1:  ldrb    w0, [x1], #1
    cbz     w0, next
    str     w0, [x20, #UART_DR]
    b       1b

words:
    mov     w3, #4
    ldr     w4, [x21, #AHEAD]
    mov     w8, #BLOCK_BYTES
1:  ldr     w5, [x21, #WRITTEN]
2:  ldr     w6, [x21, #READ]
    sub     w6, w5, w6
    cmp     w6, w4
    b.hi    2b
    ldr     w7, [x21, #RING_BASE]
    add     w7, w7, w5
    add     w22, w22, #1
    constant x0, (BLOCK_MAGIC + TRACK)
    mov     w1, #BLOCK_WORDS / 2
    stp     w0, w1, [x7]
    mov     w0, #44100
    mov     w1, #1
    stp     w0, w1, [x7, #8]
    mov     w0, #2834
    mov     w1, #0
    stp     w0, w1, [x7, #16]
    stp     w22, wzr, [x7, #24]
    add     x7, x7, #32
    mov     w0, #0
3:  str     w0, [x7], #4
    add     w0, w0, #1
    cmp     w0, #BLOCK_WORDS
    b.ne    3b
    add     w5, w5, w8
    dmb     sy
    str     w5, [x21, #WRITTEN]
    subs    w3, w3, #1
    b.ne    1b
    mov     w0, #'.'
    str     w0, [x20, #UART_DR]
    b       next

break:
    mov     w0, #0x7fffffff
    str     w0, [x21, #WRITTEN]
    b       next

end:
    adr     x2, block
    str     x1, [x2, #8]
    mov     x1, x2
    mov     w0, #0x18
    hlt     #0xf000

cycle:
    constant x1, DMA5
    adr     x0, chain
    str     w0, [x0, #20]               // its NEXT is itself
    str     w0, [x1, #4]
    mov     w0, #1
    str     w0, [x1]
park:
    wfi
    b       park

.balign 32
chain:
    .word 0, 0, 0, 4, 0, 0, 0, 0
.balign 8
block:
    .quad 0x20026, 0
text:
    .asciz "hello\n"
