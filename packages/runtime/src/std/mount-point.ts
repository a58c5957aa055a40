/** A path as the kernel's tables of mounts write it: blanks, tabs, line ends and backslashes are three octal digits. */
export function mountPoint(field: string): string {
  return field.replaceAll(/\\([0-7]{3})/g, (_all, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
