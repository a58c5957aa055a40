/** Values that documentation, tutorials and templates show; a key that anyone can read signs for anyone. */
const samples = [
  'your-256-bit-secret',
  'a-string-secret-at-least-256-bits-long',
  'changeme',
  'change-me',
  'change_me',
  'change-in-production',
  'dev-secret',
  'dev-jwt-secret',
  'example',
  'supersecret',
  'super-secret',
  'mysecret',
  'my-secret',
  'your-secret',
  'your_secret',
  'jwt-secret',
  'jwt_secret',
  'replace-me',
  'replace_me',
  'placeholder',
  'not-a-secret',
  '0123456789abcdef0123456789abcdef',
];

/**
 * True for a signing key that is a known sample or a repetition of a few characters.
 * See docs/reference/processes.md#roles-and-ports.
 */
export function isSampleKey(key: string): boolean {
  const lower = key.toLowerCase();
  return new Set(lower).size < 8 || samples.some((sample) => lower.includes(sample));
}
