// config.txt, which the VideoCore reads before the ARM starts. It is its own manual: every line has its reason beside it.
// Source: Raspberry Pi documentation, config_txt and boot options.

export const KERNEL = 'kernel8.img';

/** `cutDown`: whether start4cd.elf and its fixup are on the card. */
export const configTxt = (cutDown: boolean): string => `\
# Read by the Pi's VideoCore before it starts the ARM. Lines are "key=value" without spaces; # begins a comment.
# Settings of the player are in player.ini.

# The program: 64-bit, loaded where it was linked to run (without this line it would be loaded at 0x200000).
arm_64bit=1
kernel=${KERNEL}
kernel_address=0x80000

# Interrupts go through the GIC-400. Set whether or not there is a device tree: without either there is no sound.
enable_gic=1

# No second of waiting, no rainbow, no search for a newer boot EEPROM on an extension board.
boot_delay=0
disable_splash=1
force_eeprom_read=0

${
  cutDown
    ? '# Memory of the VideoCore in MiB. 16 makes it load start4cd.elf and fixup4cd.dat, a third of the size: quicker.\ngpu_mem=16'
    : '# Memory of the VideoCore in MiB. 16 would make it load start4cd.elf and fixup4cd.dat, which are not here.\ngpu_mem=32'
}

# Clocks stay as they are while the sound plays: no minute at full speed first.
initial_turbo=0

# No fan on a PoE board is looked for.
disable_poe_fan=1

# The PL011 (GPIO 14 and 15) is set up by the program itself. enable_uart=1 would make the VideoCore print there as well.
`;
