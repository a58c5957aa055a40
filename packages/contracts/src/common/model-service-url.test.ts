import fc from 'fast-check';
import { expect, it } from 'vitest';
import { modelServiceUrlSchema, withoutWire } from './model-service-url.ts';

const parse = (url: string) => modelServiceUrlSchema.safeParse(url);

it.each([
  ['http://127.0.0.1:11434', 'http://127.0.0.1:11434'],
  ['http://127.0.0.1:11434//', 'http://127.0.0.1:11434'],
  ['https://models.example.org', 'https://models.example.org'],
  ['https://models.example.org/ollama/', 'https://models.example.org/ollama'],
  ['http://[::1]:11434', 'http://[::1]:11434'],
  ['http://h/v10', 'http://h/v10'],
  ['http://api:11434', 'http://api:11434'],
  ['http://api', 'http://api'],
  ['https://v1/', 'https://v1'],
])('%s is the address of a model service', (url, kept) => {
  expect(parse(url)).toMatchObject({ success: true, data: kept });
});

const roots = fc.constantFrom(
  'http://h',
  'https://h:1',
  'http://127.0.0.1:11434',
  'http://h/below',
);
const wires = fc.constantFrom('/v1', '/api', '/v1/', '/API//', '/V1');

it('ends in no wire, and the root it means is told', () => {
  fc.assert(
    fc.property(roots, wires, (root, wire) => {
      expect(parse(`${root}${wire}`).success).toBe(false);
      expect(parse(root).success).toBe(true);
      expect(withoutWire(`${root}${wire}`)).toBe(root);
      expect(withoutWire(root)).toBeUndefined();
    }),
  );
});

it.each(['localhost:11434', 'ftp://h', 'http://u:p@h', 'http://h?x', 'http://h#x', '', 'h'])(
  '%j is no address of a model service',
  (url) => {
    expect(parse(url).success).toBe(false);
  },
);
