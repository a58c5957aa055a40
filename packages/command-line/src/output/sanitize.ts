/**
 * Commands for a terminal as they are written in full: those that begin with CSI, those that carry a text up to BEL or
 * ST (titles, clipboards, graphics), and the short ones. Bounded, so that no text takes more than linear time.
 */
const commands = [
  String.raw`\u001B\[[0-?]{0,64}[ -/]{0,4}[@-~]`,
  String.raw`\u001B[\]PX^_][^\u0007\u001B\u009C]{0,4096}(?:\u0007|\u001B\\|\u009C)`,
  String.raw`\u001B[ -/]{0,4}[0-OQ-WYZ\\\u0060-~]`,
];

/** Control, unassigned and private characters, line and paragraph separators, tags, and what turns the direction of text. */
const characters = String.raw`[\p{Cc}\p{Cn}\p{Co}\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069\u{E0000}-\u{E0FFF}]`;

const unsafe = new RegExp([...commands, characters].join('|'), 'gu');

const colors = new RegExp(String.raw`^\u001B\[([\d;]*)m$`, 'u');
/** Ends every colour. */
const plain = '\u001B[0m';

/** Whether the parameters of a colour command may conceal text; those of an extended colour are numbers of colours. */
function conceals(parameters: string): boolean {
  const numbers = parameters.split(';').map(Number);
  for (let at = 0; at < numbers.length; at += 1) {
    const number = numbers[at] ?? 0;
    if (number === 8) return true;
    if ([38, 48, 58].includes(number)) {
      const kind = numbers[at + 1];
      // Of any other kind a terminal may take the rest for commands of their own.
      if (kind !== 2 && kind !== 5) return true;
      at += kind === 2 ? 4 : 2;
    }
  }
  return false;
}

function visible(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  if (char === '\t' || char === '\n') return char;
  if (code < 0x20 || code === 0x7f) return `^${String.fromCodePoint(code ^ 0x40)}`;
  return `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`;
}

/**
 * Takes from a text what could steer a terminal or hide something from its reader. Colours stay and end with the text;
 * every other command of a terminal is left out; what remains of control, direction and unassigned characters is shown:
 * `^[` as `cat -v` does, `<U+202E>` for the rest. TAB, LF and CRLF stay line and column ends.
 * See docs/reference/cli.md#output.
 */
export function sanitize(text: string): string {
  let colored = false;
  const clean = text.replaceAll('\r\n', '\n').replaceAll(unsafe, (found) => {
    if (!found.startsWith('\u001B') || found.length === 1) return visible(found);
    const parameters = colors.exec(found)?.[1];
    if (parameters === undefined || conceals(parameters)) return '';
    colored = parameters !== '' && parameters !== '0';
    return found;
  });
  if (!colored) return clean;
  return clean.endsWith('\n') ? `${clean.slice(0, -1)}${plain}\n` : `${clean}${plain}`;
}
