import { describe, expect, it } from 'vitest';
import { type TextFile, anchorOf, findFaults } from './find-faults.ts';

const page: TextFile = {
  path: 'docs/reference/leases.md',
  text: '# Leases\n\n## Claim and send\n\nSee [retries](#claim-and-send) and [more](../more.md#a-b).\n',
};
const more: TextFile = { path: 'docs/more.md', text: '# More\n\n## A `b`\n\n[up](../README.md)\n' };
const readme: TextFile = { path: 'README.md', text: '[x](docs/more.md) [y](https://a.b/c.md#d)' };
const index: TextFile = { path: 'docs/requirements.md', text: '| REQ-ORCHES-0100 | …' };
// Put together here, so that this file does not break the rules itself.
const folder = ['docs', 'reference', ''].join('/');
const foreign = ['Contract', '03 section 5.4.'].join(' ');
const unlisted = ['REQ', 'ORCHES', '0999'].join('-');

function faultsOf(text: string, path = 'packages/x/src/a.ts', maxReferenceBytes = 1000) {
  return findFaults([page, more, readme, index, { path, text }], {
    maxReferenceBytes,
    requirementsPage: 'docs/requirements.md',
  });
}

describe('citations', () => {
  it('that lead somewhere are no faults', () => {
    expect(
      faultsOf('/** See docs/reference/leases.md#claim-and-send (REQ-ORCHES-0100). */'),
    ).toEqual([]);
    expect(faultsOf('See docs/reference/leases.md.')).toEqual([]);
  });

  it.each([
    [`${folder}lease.md`, 'there is no such page'],
    [`${folder}leases.md#claim`, 'no such heading'],
    [unlisted, 'is not listed'],
    [foreign, 'cites what readers do not have'],
    [foreign.toLowerCase(), 'cites what readers do not have'],
    [foreign.replace(' 0', '\n * 0'), 'cites what readers do not have'],
    [['contract', 'decision 15'].join(' '), 'cites what readers do not have'],
  ])('such as %j are found with file and line', (words, fault) => {
    const faults = faultsOf(`first line\n * ${words}\n`);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain('packages/x/src/a.ts:2: ');
    expect(faults[0]).toContain(fault);
  });
});

describe('links of Markdown files', () => {
  it.each([
    ['[a](nowhere.md)', 'there is no such page'],
    ['[a](reference/leases.md#gone)', 'no such heading'],
    ['[a](#gone)', 'no such heading'],
    ['[a](../../../outside.md)', 'there is no such page'],
  ])('such as %s are found', (text, fault) => {
    expect(faultsOf(text, 'docs/new.md')).toEqual([expect.stringContaining(fault)]);
  });

  it('to other files and to the outside are left alone', () => {
    expect(faultsOf('[a](adr) [b](LICENSE) [c](mailto:a@b.md)', 'docs/new.md')).toEqual([]);
  });
});

it('the reference has a limit of size', () => {
  expect(faultsOf('', 'a.ts', 10)).toEqual([expect.stringMatching(/has \d+ bytes, at most 10/)]);
});

it.each([
  ['Claim and send', 'claim-and-send'],
  ["The node's `GET /x`", 'the-nodes-get-x'],
  ['Überblick', 'überblick'],
])('the heading %j has the anchor %j', (heading, anchor) => {
  expect(anchorOf(heading)).toBe(anchor);
});
