import { parseJson } from '@cynodeai/runtime/std';
import { describe, expect, it } from 'vitest';
import { calledBy, farAddress, farUrl, parseListenChoice } from './listen-choice.ts';

describe('what --listen says', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7:8443', 'https://192.0.2.7:8444'],
    ['192.0.2.7:9000', '192.0.2.7:9000', 'https://192.0.2.7:9001'],
    ['2001:db8::7', '[2001:db8::7]:8443', 'https://[2001:db8::7]:8444'],
    ['[2001:db8::7]', '[2001:db8::7]:8443', 'https://[2001:db8::7]:8444'],
    ['[2001:db8::7]:9000', '[2001:db8::7]:9000', 'https://[2001:db8::7]:9001'],
  ])('%s is %s, and %s for nodes', (text, address, url) => {
    const choice = parseListenChoice(text, [], undefined);
    // It is compared with what a running stack keeps of it in a file.
    expect(parseJson(JSON.stringify(choice))).toStrictEqual(choice);
    expect(farAddress(choice, 'user-gateway')).toBe(address);
    expect(farUrl(choice, 'control-plane')).toBe(url);
  });

  it.each(['', 'host', 'host:80', '192.0.2.7:0', '192.0.2.7:65535', '192.0.2.7:x', '::g', '1.2.3'])(
    'anything else is told with examples: %j',
    (text) => {
      expect(() => parseListenChoice(text, [], undefined)).toThrow(/--listen 192\.0\.2\.7/);
    },
  );

  it('in the clear is at every address, and only by its own word', () => {
    expect(parseListenChoice('0.0.0.0', [], undefined, true).insecure).toBe(true);
    expect(parseListenChoice('0.0.0.0', [], undefined).insecure).toBe(false);
    for (const text of ['192.0.2.7', '0.0.0.0:9000', '127.0.0.1', '']) {
      expect(() => parseListenChoice(text, [], undefined, true), text).toThrow(
        '--insecure-http is at',
      );
    }
    const files = { file: 'a', key: 'b' };
    expect(() => parseListenChoice('::', [], files, true)).toThrow('--insecure-http is at');
  });

  it('names come first, and hostile ones are none', () => {
    const choice = parseListenChoice('192.0.2.7', ['engine.example', 'engine'], undefined);
    expect(calledBy(choice)).toEqual(['engine.example', 'engine', '192.0.2.7']);
    for (const name of ['', '-x', 'a b', 'a/b', 'ä', 'x\n', '*.x', 'a'.repeat(254)]) {
      expect(() => parseListenChoice('192.0.2.7', [name], undefined), name).toThrow('no host name');
    }
  });
});
