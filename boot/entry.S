// Kernel entry in EL3, EL2 or EL1, on any core, MMU and caches off.
//
//   x20  counter at entry       x21  exception level at entry      TPIDR_EL1  boot stage, for the blink code
//   x22  x1 at entry: CHAIN_MARK when another image has called `chain`; the VideoCore gives 0
//   x19  scratch of this file   x0-x17 scratch                     SP_EL1 exceptions, SP_EL0 everything else

#include "macros.inc"

    .section .entry, "ax"
    .global entry
entry:
    msr     daifset, #DAIF_ALL
    mrs     x0, mpidr_el1
    tst     x0, #CORE_MASK
    b.ne    park
    mrs     x20, cntpct_el0
    mov     x22, x1
    mrs     x21, CurrentEL
    lsr     x21, x21, #2
    cmp     x21, #LEVEL_2
    b.hi    from_level_3
    b.eq    from_level_2
    b       at_level_1

// Cores 1-3 end here; WFI also keeps an emulator's threads quiet.
    .global park
park:
    msr     daifset, #DAIF_ALL
1:  wfi
    b       1b

// What the stock armstub does before it starts a kernel in EL2.
from_level_3:
    ldr     w0, =LOCAL_CONTROL
    mov     w1, #LOCAL_CONTROL_CRYSTAL
    str     w1, [x0]
    ldr     w0, =LOCAL_PRESCALER
    mov     w1, #LOCAL_PRESCALER_NONE
    str     w1, [x0]
    mrs     x0, cntfrq_el0
    cbnz    x0, 1f
    ldr     w0, =BOARD_CNTFRQ
    msr     cntfrq_el0, x0
1:  mov     x0, #SCR_EL3_VALUE
    msr     scr_el3, x0
    mov     x0, #ACTLR_EL3_VALUE
    msr     actlr_el3, x0
    msr     cptr_el3, xzr
    mrs     x0, S3_1_C11_C0_2           // L2CTLR_EL1
    mov     x1, #L2CTLR_LATENCIES
    orr     x0, x0, x1
    msr     S3_1_C11_C0_2, x0
    mrs     x0, S3_1_C15_C2_1           // CPUECTLR_EL1: coherency, before any cache is enabled
    orr     x0, x0, #CPUECTLR_SMPEN
    msr     S3_1_C15_C2_1, x0
    mrs     x0, S3_1_C15_C2_0           // CPUACTLR_EL1
    orr     x0, x0, #CPUACTLR_NO_PREFETCH
    msr     S3_1_C15_C2_0, x0
    isb
    // All interrupts to group 1, which is what the non-secure side then owns. Without the security extensions (in
    // the emulator) there are no sides, and group 0 is what the kernel enables.
    ldr     w0, =GICD
    ldr     w1, [x0, #GICD_TYPER]
    tbz     w1, #TYPER_SECURITY_BIT, 3f
    mov     w1, #-1
    add     x2, x0, #GICD_IGROUPR
    mov     w3, #GIC_IDS / 32
2:  str     w1, [x2], #4
    subs    w3, w3, #1
    b.ne    2b
    mov     w1, #3
    str     w1, [x0, #GICD_CTLR]
    ldr     w0, =GICC
    mov     w1, #GIC_PMR_OPEN
    str     w1, [x0, #GICC_PMR]
    mov     w1, #GICC_CTLR_STUB
    str     w1, [x0, #GICC_CTLR]
3:  ldr     w0, =SCTLR_EL2_VALUE
    msr     sctlr_el2, x0
    mov     x0, #SPSR_EL2H
    msr     spsr_el3, x0
    adr     x0, from_level_2
    msr     elr_el3, x0
    eret

from_level_2:
    mov     x0, #CNTHCTL_EL1_ACCESS
    msr     cnthctl_el2, x0
    msr     cntvoff_el2, xzr
    mov     x0, #CPTR_EL2_NO_TRAPS
    msr     cptr_el2, x0
    msr     hstr_el2, xzr
    mrs     x0, pmcr_el0                // no debug exceptions to EL2: back traces are made of BRKs
    ubfx    x0, x0, #PMCR_N_SHIFT, #PMCR_N_BITS
    msr     mdcr_el2, x0                // HPMN: all counters stay EL1's
    mrs     x0, midr_el1
    msr     vpidr_el2, x0
    mrs     x0, mpidr_el1
    msr     vmpidr_el2, x0
    mov     x0, #HCR_EL2_RW
    msr     hcr_el2, x0
    ldr     w0, =SCTLR_EL1_OFF
    msr     sctlr_el1, x0
    mov     x0, #SPSR_EL1H
    msr     spsr_el2, x0
    adr     x0, at_level_1
    msr     elr_el2, x0
    eret

at_level_1:
    mov     x0, #CPACR_FP
    msr     cpacr_el1, x0
    adr     x0, vectors
    msr     vbar_el1, x0
    msr     spsel, #1
    ldr     w0, =EXCEPTION_STACK_TOP
    mov     sp, x0
    msr     spsel, #0
    ldr     w0, =WASM_STACK_TOP
    mov     sp, x0
    isb
    mov     w0, #STAGE_ENTRY
    bl      stage

    address x0, bss_start
    address x1, bss_end
1:  stp     xzr, xzr, [x0], #16
    cmp     x0, x1
    b.lo    1b
    store   x20, entry_ticks, x0
    store   x21, entry_level, x0
    ldr     x1, =CHAIN_MARK
    cmp     x22, x1
    cset    w1, eq
    store   w1, chained, x0

    bl      move_cores
    mov     w0, #STAGE_MEMORY
    bl      stage
    bl      mmu_init
    mov     w0, #STAGE_INTERRUPTS
    bl      stage
    bl      gic_init
    bl      timer_init
    mov     w0, #STAGE_UART
    bl      stage
    bl      uart_init
    bl      semihosting_probe
    // Whatever the firmware left pending is not ours: take one SError now and forget it.
    bl      swallow_serror
    msr     daifclr, #DAIF_IRQ | DAIF_SERROR
    mov     w0, #STAGE_MODULE
    bl      stage
    b       main

// Sends cores 1-3 from the firmware's spin table to `park`. They read it with their caches off.
// Our stores pass the caches by. A line that an earlier program has left dirty could be written back over them, so it
// goes first; one that was fetched meanwhile goes afterwards. The three addresses lie in one line.
routine move_cores
    mov     x0, #SPIN_TABLE_1
    adr     x1, park
    dc      ivac, x0
    dsb     sy
    stp     x1, x1, [x0]
    str     x1, [x0, #16]
    dsb     sy
    dc      civac, x0
    dsb     sy
    sev
    ret

variable entry_ticks, 8
variable entry_level, 8
variable chained, 4
