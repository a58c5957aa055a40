/** What guessing starts with, in lower case, of those that are long enough to be accepted otherwise. */
const common = new Set(
  `password password1 password12 password123 password1234 password! passw0rd p@ssword p@ssw0rd
  12345678 123456789 1234567890 12345678910 87654321 987654321 0987654321 11111111 00000000 88888888 12341234
  11223344 12121212 123123123 123321123 147258369 1q2w3e4r 1q2w3e4r5t 1qaz2wsx qazwsxedc zaq12wsx q1w2e3r4
  qwertyui qwertyuiop qwerty12 qwerty123 qwerty1234 asdfghjk asdfghjkl zxcvbnm1 abcd1234 abc12345 a1b2c3d4
  abcdefgh abcdefghi iloveyou iloveyou1 sunshine princess football baseball basketball superman batman123
  starwars trustno1 whatever computer internet samsung1 michelle jennifer jessica1 charlie1 welcome1 welcome123
  letmein1 letmein123 changeme changeme1 changeme123 default1 secret123 mysecret test1234 testtest testing123
  admin123 admin1234 admin12345 administrator adminadmin root1234 rootroot toor1234 operator operator1 manager1
  guest123 login123 master123 monkey123 dragon123 shadow123 killer123 freedom1 mustang1 corvette liverpool
  chelsea1 arsenal1 pokemon1 minecraft fortnite google123 facebook linkedin monday123 summer2024 winter2024
  summer2025 winter2025 spring2025 autumn2025 summer2026 winter2026 company123 temp1234 temporary passwort
  hallo123 motdepasse contraseña`
    .split(/\s+/)
    .filter((word) => word !== ''),
);

/**
 * True for a password that anybody tries first, whatever its case.
 * See docs/reference/identity-and-policy.md#passwords.
 */
export function isCommonPassword(password: string): boolean {
  return common.has(password.normalize('NFC').toLowerCase());
}
