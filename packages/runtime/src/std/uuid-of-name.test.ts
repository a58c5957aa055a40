import { expect, it } from 'vitest';
import { uuidOfName } from './uuid-of-name.ts';

it('a name has one UUID: that of the RFC', () => {
  const dns = '6ba7b810-9dad-11d1-80b4-00c04fd430c8';
  expect(uuidOfName(dns, 'www.example.com')).toBe('2ed6657d-e927-568b-95e1-2665a8aea6a2');
});
