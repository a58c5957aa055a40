import { commonestPasswords } from './commonest-passwords.ts';

/** Further words that guessing starts with: names of services and roles, what keyboards and other languages suggest. */
const further = `
  p@ssword p@ssw0rd 87654321 987654321 0987654321 00000000 88888888 12341234 12121212 123123123 abc12345 abcdefgh
  abcdefghi default1 mysecret administrator adminadmin root1234 rootroot toor1234 operator operator1 guest123 login123
  fortnite facebook linkedin company123 temp1234 temporary motdepasse contraseña`;

let words: ReadonlySet<string> | undefined;

/** Made at the first need: few processes ever ask. */
function common(): ReadonlySet<string> {
  words ??= new Set(`${commonestPasswords} ${further}`.split(/\s+/).filter((word) => word !== ''));
  return words;
}

const isLetter = (character: string): boolean => /^\p{L}$/u.test(character);

/** What is left when digits and signs before and behind are taken off. */
function stemOf(characters: readonly string[]): string {
  const first = characters.findIndex(isLetter);
  return first === -1
    ? ''
    : characters.slice(first, characters.findLastIndex(isLetter) + 1).join('');
}

/** The shortest beginning whose repetition is the whole, perhaps with a part at the end; the failures of Knuth, Morris and Pratt. */
function periodOf(characters: readonly string[]): readonly string[] {
  const borders: number[] = [0];
  for (let i = 1; i < characters.length; i += 1) {
    let border = borders[i - 1] ?? 0;
    while (border > 0 && characters[i] !== characters[border]) border = borders[border - 1] ?? 0;
    borders.push(characters[i] === characters[border] ? border + 1 : 0);
  }
  return characters.slice(0, characters.length - (borders.at(-1) ?? 0));
}

/** Up or down one by one, as in 123456789012 and abcdefghijkl. */
function isRun(characters: readonly string[]): boolean {
  const steps = characters.slice(1).map((character, i) => {
    const step = (character.codePointAt(0) ?? 0) - (characters[i]?.codePointAt(0) ?? 0);
    return step === -9 ? 1 : step === 9 ? -1 : step;
  });
  return steps.every((step) => step === 1) || steps.every((step) => step === -1);
}

/** A repetition of this many characters at most is guessed whatever they are. */
const shortUnit = 4;

const isKnown = (characters: readonly string[]): boolean =>
  common().has(characters.join('')) || common().has(stemOf(characters));

/**
 * True for a password that anybody tries first, whatever its case: a common word, one with digits or signs around it or
 * written again and again, a few characters repeated, characters in a row.
 * See docs/reference/identity-and-policy.md#passwords.
 */
export function isCommonPassword(password: string): boolean {
  const characters = Array.from(password.normalize('NFC').toLowerCase());
  if (characters.length === 0) return false;
  if (isKnown(characters) || isRun(characters)) return true;
  const unit = periodOf(characters);
  return unit.length * 2 <= characters.length && (unit.length <= shortUnit || isKnown(unit));
}
