// Prints the translation of addresses, one line each: address and descriptor in hexadecimal, 0 where nothing is
// mapped. Addresses: the ends of every region of the map, and what lies between them.
//
//   x19 position in the list   x20 address   x21 its descriptor

#include "macros.inc"

.equ LEVEL_1_SHIFT, 30
.equ LEVEL_2_SHIFT, 21
.equ LEVEL_3_SHIFT, 12

.macro entry_of shift
    lsr     x0, x20, #\shift
    and     x0, x0, #TABLE_ENTRIES - 1
    ldr     x21, [x1, x0, lsl #3]
    and     x0, x21, #3
.endm

routine module_loaded
    stp     x29, x30, [sp, #-48]!
    stp     x19, x20, [sp, #16]
    str     x21, [sp, #32]
    address x19, addresses
1:  ldr     x20, [x19], #8
    mrs     x1, ttbr0_el1
    entry_of LEVEL_1_SHIFT
    cmp     x0, #DESCRIPTOR_TABLE
    b.ne    2f
    and     x1, x21, #~(PAGE - 1)
    entry_of LEVEL_2_SHIFT
    cmp     x0, #DESCRIPTOR_TABLE
    b.ne    2f
    and     x1, x21, #~(PAGE - 1)
    entry_of LEVEL_3_SHIFT
2:  mov     x0, x20
    mov     w1, #8
    bl      print_hex
    mov     w0, #' '
    bl      uart_put
    mov     x0, x21
    mov     w1, #16
    bl      print_hex
    bl      print_line
    address x0, addresses_end
    cmp     x19, x0
    b.lo    1b
    mov     w0, #0
    b       power_end

    .section .rodata.addresses, "a"
    .balign 8
addresses:
    .quad   0, KERNEL - 1, KERNEL, build_id, fault_frame, TABLES - 1
    .quad   TABLES, WASM_STACK_GUARD - 1, WASM_STACK_GUARD, WASM_STACK - 1, WASM_STACK, EXCEPTION_STACK_GUARD - 1
    .quad   EXCEPTION_STACK_GUARD, EXCEPTION_STACK - 1, EXCEPTION_STACK, QUEUES, ARENA, DMA_WINDOW - 1
    .quad   DMA_WINDOW, DMA_WINDOW + DMA_WINDOW_BYTES - 1, DMA_WINDOW + DMA_WINDOW_BYTES, LINEAR - PAGE - 1
    .quad   LINEAR - 1, LINEAR, LINEAR + LINEARS * LINEAR_BYTES - 1, LINEAR + LINEARS * LINEAR_BYTES
    .quad   RAM_DISK - 1, RAM_DISK, RAM_DISK + RAM_DISK_BYTES - 1, RAM_DISK + RAM_DISK_BYTES
    .quad   RESERVED, 0x40000000, DEVICES - 1, DEVICES, DEVICES + DEVICES_BYTES - 1
addresses_end:
