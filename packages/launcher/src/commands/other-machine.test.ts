import { expect, it } from 'vitest';
import { here, loginLine } from './other-machine.ts';

it('the line for another machine goes through a tunnel where the gateway is on loopback alone', () => {
  const place = { user: 'ada', host: 'engine' };
  expect(loginLine('http://127.0.0.1:12080', place)).toBe(
    'ssh -o ExitOnForwardFailure=yes -fNL 12080:127.0.0.1:12080 ada@engine && cynork auth login --user admin --gateway http://127.0.0.1:12080 --context engine',
  );
  expect(loginLine('https://engine.test:8443', place)).toBe(
    'cynork auth login --user admin --gateway https://engine.test:8443',
  );
  expect(loginLine('https://engine.test:8443', place, 'AB:CD')).toBe(
    'cynork auth login --user admin --gateway https://engine.test:8443 --fingerprint AB:CD',
  );
});

it('this machine and user have plain names, or placeholders', () => {
  expect(Object.values(here()).every((name) => /^[\w.][\w.-]*$/.test(name))).toBe(true);
});
