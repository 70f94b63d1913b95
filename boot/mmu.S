// The identity map of boot/memory-map.ts, and the switch to caches.
//
//   mmu_init            builds the tables with MMU and caches off, then turns all on. Uses x0-x17.
//   clean_data_caches   for the way to another kernel, with the caches off already. Uses x0, x7-x15.
//
// Inside map:  x0 address  x1 end  x2 attributes  x3 level 1 table  x4 next free table (kept over calls)

#include "macros.inc"

// {from, end, attributes}: what no line names is not mapped, guards and page 0 among it.
.macro region from, end, attributes
    .quad   \from, \end, \attributes
.endm
    .section .rodata.regions, "a"
    .balign 8
regions:
    region  image_start, text_end, MAP_CODE
    region  text_end, rodata_end, MAP_CONSTANT
    region  rodata_end, image_end, MAP_DATA
    region  TABLES, TABLES + TABLES_BYTES, MAP_DATA
    region  WASM_STACK, WASM_STACK_TOP, MAP_DATA
    region  EXCEPTION_STACK, EXCEPTION_STACK_TOP, MAP_DATA
    region  QUEUES, QUEUES + QUEUES_BYTES, MAP_DATA
    region  ARENA, MODULE_STORE + MODULE_STORE_BYTES, MAP_DATA
    region  DMA_WINDOW, DMA_WINDOW + DMA_WINDOW_BYTES, MAP_DMA
    region  LINEAR - PAGE, LINEAR + LINEARS * LINEAR_BYTES, MAP_DATA
    region  RAM_DISK, RAM_DISK + RAM_DISK_BYTES, MAP_CONSTANT
    region  DEVICES, DEVICES + DEVICES_BYTES, MAP_DEVICE
regions_end:

routine mmu_init
    mov     x17, x30
    ldr     w3, =TABLES
    mov     x4, x3
    bl      new_table
    adr     x5, regions
    adr     x6, regions_end
1:  ldp     x0, x1, [x5], #16
    ldr     x2, [x5], #8
    bl      map
    cmp     x5, x6
    b.lo    1b
    dsb     sy
    bl      invalidate_data_caches

    ldr     x0, =MAIR_VALUE
    msr     mair_el1, x0
    ldr     x0, =TCR_VALUE
    msr     tcr_el1, x0
    msr     ttbr0_el1, x3
    isb
    tlbi    vmalle1
    ic      iallu
    dsb     sy
    isb
    ldr     w0, =SCTLR_EL1_ON
    msr     sctlr_el1, x0
    isb
    ret     x17

// Clears the table at x4 and moves x4 behind it; x7 = the table. Uses x8.
new_table:
    mov     x7, x4
    mov     x8, #TABLE_ENTRIES / 2
1:  stp     xzr, xzr, [x4], #16
    subs    x8, x8, #1
    b.ne    1b
    ret

// x9 = address of an entry that shall point to a table: makes one if there is none; x7 = the table.
descend:
    ldr     x7, [x9]
    cbz     x7, 1f
    and     x7, x7, #~(PAGE - 1)
    ret
1:  mov     x11, x30
    bl      new_table
    orr     x8, x7, #DESCRIPTOR_TABLE
    str     x8, [x9]
    ret     x11

// Maps [x0, x1) with 2 MiB blocks where they fit and pages elsewhere. Uses x7-x13.
map:
    mov     x13, x30
1:  lsr     x9, x0, #30
    add     x9, x3, x9, lsl #3
    bl      descend
    ubfx    x9, x0, #21, #9
    add     x9, x7, x9, lsl #3
    tst     x0, #BLOCK - 1
    b.ne    2f
    sub     x10, x1, x0
    mov     x12, #BLOCK
    cmp     x10, x12
    b.lo    2f
    orr     x8, x0, x2
    orr     x8, x8, #DESCRIPTOR_BLOCK
    str     x8, [x9]
    add     x0, x0, x12
    b       3f
2:  bl      descend
    ubfx    x9, x0, #12, #9
    orr     x8, x0, x2
    orr     x8, x8, #DESCRIPTOR_PAGE
    str     x8, [x7, x9, lsl #3]
    add     x0, x0, #PAGE
3:  cmp     x0, x1
    b.lo    1b
    ret     x13

// By set and way, levels 1 and 2: invalidate, or clean and invalidate. Uses x0, x7-x15.
.macro data_caches operation
    mov     x7, #0                      // level - 1
1:  lsl     x8, x7, #1
    msr     csselr_el1, x8
    isb
    mrs     x9, ccsidr_el1
    and     x10, x9, #7
    add     x10, x10, #4                // log2 of the line
    ubfx    x11, x9, #3, #10            // ways - 1
    ubfx    x12, x9, #13, #15           // sets - 1
    clz     w13, w11                    // where the way's number begins
2:  mov     x14, x12
3:  lsl     x15, x11, x13
    lsl     x0, x14, x10
    orr     x15, x15, x0
    orr     x15, x15, x8
    dc      \operation, x15
    subs    x14, x14, #1
    b.ge    3b
    subs    x11, x11, #1
    b.ge    2b
    add     x7, x7, #1
    cmp     x7, #2
    b.lo    1b
    dsb     sy
    isb
    ret
.endm

// Nothing in them is ours yet, so nothing is written back.
invalidate_data_caches:
    data_caches isw

// All that was written is in memory; the stack is not used.
routine clean_data_caches
    data_caches cisw
