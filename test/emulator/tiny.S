// A guest of a few instructions for tests of the emulator's handling: it answers each byte of the console.
//   h            prints "hello"
//   w            writes 4096 words to the jack's stand-in, then a stamp of a track
//   0 to 9       ends with that status
//   c            a cyclic DMA chain: QEMU never comes back, and survives SIGTERM
// Other bytes are echoed.

.equ UART, 0xfe201000
.equ UART_DR, 0x00
.equ UART_FR, 0x18
.equ FR_RXFE, 4
.equ JACK, 0xfe203000
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
    constant x21, JACK
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
    mov     w0, #2834
    str     w0, [x21, #0x10]
    str     w0, [x21, #0x20]
    mov     w0, #44100
    str     w0, [x21, #0x60]
    mov     w0, #0
1:  str     w0, [x21, #0x18]
    add     w0, w0, #1
    cmp     w0, #4096
    b.ne    1b
    str     w0, [x21, #0x44]
    mov     w0, #'.'
    str     w0, [x20, #UART_DR]
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
