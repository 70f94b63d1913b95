// What other loaders may leave behind. The test puts a branch to one of these where the kernel's first instruction
// was, which they execute in its place.

#include "macros.inc"

.equ MDCR_TRAP_DEBUG, 1 << 8            // TDE: a BRK goes to EL2

    .section .entry, "ax"
// Entered in EL2, hands over in EL1.
    .global prelude_level_1
prelude_level_1:
    mov     x0, #CNTHCTL_EL1_ACCESS
    msr     cnthctl_el2, x0
    msr     cntvoff_el2, xzr
    mov     x0, #CPTR_EL2_NO_TRAPS
    msr     cptr_el2, x0
    mov     x0, #HCR_EL2_RW
    msr     hcr_el2, x0
    ldr     x0, =SCTLR_EL1_OFF
    msr     sctlr_el1, x0
    mov     x0, #SPSR_EL1H
    msr     spsr_el2, x0
    adr     x0, entry + 4
    msr     elr_el2, x0
    eret

// Stays in EL2, with debug exceptions going there.
    .global prelude_debug
prelude_debug:
    mov     x0, #MDCR_TRAP_DEBUG
    msr     mdcr_el2, x0
    msr     daifset, #DAIF_ALL
    b       entry + 4
