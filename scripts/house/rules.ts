import ts from 'typescript';
import type { HouseRule } from './check-source.ts';
import { isSlowPattern } from './slow-patterns.ts';
import {
  callOf,
  endsWithNumber,
  functionNamed,
  importFrom,
  importOf,
  literalWith,
  memberOf,
  startOf,
} from './forms.ts';
import { numberOfStatus, withoutHttp } from './http-numbers.ts';

/** Everything but tests, which look at the outside of things and may do so in the raw form. */
const shipped = /^(?:packages\/[^/]+\/src|bench|chaos|features|scripts)\/(?!.*\.test\.ts$)/;
const products = /^packages\/[^/]+\/src\/(?!.*\.test\.ts$)/;
/** These rules and their samples name what they forbid. */
const everywhere = /^(?:packages|bench|chaos|features|scripts(?!\/house))\//;
/** What starts processes to look at them. */
const tests = /^(?:features\/|packages\/[^/]+\/(?:test\/|src\/.*\.test\.ts$))/;
const files = ['node:fs', 'node:fs/promises', 'fs', 'fs/promises'];
const standardStreams = ['stdout', 'stderr'];
const streamOfProcess = memberOf('process', standardStreams);
const importedStream = importOf(['node:process', 'process'], standardStreams);
/** A text that is written: `stream.write(…)` of whatever is called a stream or an output. */
const writesToStream = (node: ts.Node): boolean =>
  ts.isCallExpression(node) &&
  ts.isPropertyAccessExpression(node.expression) &&
  node.expression.name.text === 'write' &&
  /^(?!process\.).*(?:stream|output|prompts|stdout|stderr)$/i.test(
    node.expression.expression.getText(),
  );
/** What makes a duration or a limit of two times. */
const durationOperators = new Set(['+', '-', '<', '<=', '>', '>=']);
/** `Date.now()`, `clock.now().getTime()` and the like. */
const isTimeOfDay = (node: ts.Node): boolean =>
  /^(?:Date\.now\(\)|(?:.*\.)?now\(\)\.getTime\(\)|new Date\(\)\.getTime\(\)|Number\(new Date\(\)\))$/s.test(
    node.getText(),
  );
const namesWriteFully = (node: ts.Node): boolean =>
  ts.isImportSpecifier(node) && (node.propertyName ?? node.name).text === 'writeFully';
const killWithZero = callOf('process', 'kill');

/** One row for each concept that has one home. */
export const houseRules: readonly HouseRule[] = [
  {
    name: 'json',
    says: 'read JSON with parseJson or parseJsonOr of @cynodeai/runtime/std',
    hint: /JSON\.parse/,
    where: everywhere,
    homes: [/^packages\/runtime\/src\/std\/json\.ts$/],
    matches: callOf('JSON', 'parse'),
  },
  {
    name: 'alive',
    says: 'ask isAlive of @cynodeai/runtime/process whether a process is there',
    hint: /process\.kill/,
    where: everywhere,
    homes: [/^packages\/runtime\/src\/process\/is-alive\.ts$/],
    matches: (node, source) => killWithZero(node, source) && endsWithNumber(node, '0'),
  },
  {
    name: 'lock',
    says: 'take a lock with takeLock or withLock of @cynodeai/runtime/files',
    hint: /BEGIN EXCLUSIVE/i,
    where: everywhere,
    homes: [/^packages\/runtime\/src\/files\/lock\.ts$/],
    matches: literalWith(/BEGIN EXCLUSIVE/i),
  },
  {
    name: 'lock-program',
    says: 'take a lock with takeLock or withLock of @cynodeai/runtime/files',
    hint: /flock/,
    where: everywhere,
    homes: [],
    matches: startOf('flock'),
  },
  {
    name: 'rename',
    says: 'replace a file with writeFileAtomic of @cynodeai/runtime/files',
    hint: /rename/,
    where: shipped,
    homes: [
      /^packages\/runtime\/src\/files\/atomic-write\.ts$/,
      // Whole folders move here, made beside their place: workspaces of jobs, a new cluster.
      /^packages\/worker\/src\/adapters\/workspace\//,
      /^packages\/launcher\/src\/postgres\/cluster\.ts$/,
      /^scripts\/bundle\/write-bundle\.ts$/,
      // Files that were unpacked beside their place move into it, all or none.
      /^packages\/api-client\/src\/(?:save|place)-files\.ts$/,
      // An archive that another program has made takes its place.
      /^features\/support\/sandbox-image\.ts$/,
      // The install that is made of a backup takes its place when it is whole.
      /^packages\/launcher\/src\/setup\/restore\.ts$/,
      // Bytes get their name when they are whole; it is new, so nothing is replaced.
      /^packages\/orchestrator\/src\/adapters\/blobs\/file-objects\.ts$/,
      // A log that is full moves aside; nothing is replaced.
      /^packages\/launcher\/src\/postgres\/server-process\.ts$/,
    ],
    matches: importOf(files, ['rename', 'renameSync']),
  },
  {
    name: 'helper',
    says: 'it has a home: @cynodeai/runtime/std (isRecord, at, errorCodeOf, parseJson, backoffMs), /process (isAlive), /lifecycle (sleep), /files (withLock)',
    hint: /isRecord|parseJson|isAlive|errorCodeOf|errorCode|withLock|backoffMs|\bsleep\b/,
    where: shipped,
    homes: [
      /^packages\/runtime\/src\//,
      // Whether a process is the very one that was started, told by its start time.
      /^packages\/launcher\/src\/machine\/process-identity\.ts$/,
    ],
    matches: functionNamed([
      'isRecord',
      'parseJson',
      'parseJsonOr',
      'isAlive',
      'errorCode',
      'errorCodeOf',
      'withLock',
      'backoffMs',
      'sleep',
    ]),
  },
  {
    name: 'backoff',
    says: 'compute growing pauses with backoffMs of @cynodeai/runtime/std',
    hint: /\*\*/,
    where: products,
    homes: [
      /^packages\/runtime\/src\/std\/backoff\.ts$/,
      // Arithmetic of the demo model, and ever longer names of tasks: no pauses.
      /^packages\/demo-model\/src\/domain\/arithmetic\//,
      /^packages\/orchestrator\/src\/domain\/tasks\/task-name\.ts$/,
    ],
    matches: (node) =>
      ts.isBinaryExpression(node) &&
      node.operatorToken.kind === ts.SyntaxKind.AsteriskAsteriskToken &&
      !ts.isNumericLiteral(node.right),
  },
  {
    name: 'http-client',
    says: 'call another service with callRoute of @cynodeai/runtime/call',
    hint: /undici/,
    where: products,
    homes: [
      // It passes other people's requests on as they are, byte for byte.
      /^packages\/worker\/src\/adapters\/relay\//,
    ],
    matches: importFrom('undici'),
  },
  {
    name: 'output',
    says: 'print with Output or Notes of @cynodeai/command-line/output',
    hint: /stdout|stderr/,
    where: products,
    homes: [
      /^packages\/command-line\/src\//,
      // Here the two programs hand the streams to the layer.
      /^packages\/cli\/src\/start\//,
      /^packages\/launcher\/src\/main\.ts$/,
      // A library draws the question.
      /^packages\/launcher\/src\/terminal\/ask\.ts$/,
      // Help, version and answers for other programs.
      /^packages\/(?:demo-model|orchestrator|worker)\/src\/processes\//,
      // Tells whoever runs the tests which seed makes a fault again.
      /^packages\/testing\/src\/fuzz\/fuzz-run\.ts$/,
    ],
    matches: (node, source) => streamOfProcess(node, source) || importedStream(node, source),
  },
  {
    name: 'wall-clock',
    says: 'measure durations and limits with elapsedMs of @cynodeai/runtime/std: a clock may be set at any moment',
    hint: /\bnow\b/,
    where:
      /^(?:packages\/(?:api-client|cli|command-line|demo-model|launcher|runtime|testing|worker)\/src|bench|chaos)\/(?!.*\.test\.ts$)/,
    homes: [
      // Ends of sessions and of loaded models are told by the clock, and so are ages of files and rows.
      /^packages\/api-client\/src\/local-install\/local-session\.ts$/,
      /^packages\/demo-model\/src\/app\/demo-backend\.ts$/,
      /^packages\/worker\/src\/processes\/open-jobs\.ts$/,
      /^packages\/worker\/src\/adapters\/container\/shared\/keeper\/keepers\.ts$/,
      // How late it is told of a start, bounded by what has gone.
      /^packages\/worker\/src\/adapters\/container\/shared\/container-run\.ts$/,
      // Compares with what another program wrote down by the clock.
      /^bench\/lines\/spawn-delay\.ts$/,
    ],
    matches: (node) =>
      ts.isBinaryExpression(node) &&
      durationOperators.has(node.operatorToken.getText()) &&
      [node.left, node.right].some((side) => isTimeOfDay(side)),
  },
  {
    name: 'raw-output',
    says: 'write with writeText or writeNow of @cynodeai/command-line/output, which show a terminal its control characters',
    hint: /\bwrite(?:Fully)?\b/,
    where: /^packages\/(?:cli|command-line|launcher)\/src\/(?!.*\.test\.ts$)/,
    homes: [
      /^packages\/command-line\/src\/output\/stream\.ts$/,
      // What they write raw is their own: an empty screen, a colour.
      /^packages\/command-line\/src\/output\/(?:notes|output)\.ts$/,
    ],
    matches: (node) => writesToStream(node) || namesWriteFully(node),
  },
  {
    name: 'test-process',
    says: 'start a process with Child of @cynodeai/testing/harness, which ends it with the tests',
    hint: /child_process/,
    where: tests,
    homes: [],
    matches: importOf(['node:child_process', 'child_process'], ['spawn', 'fork']),
  },
  {
    name: 'http-number',
    says: 'return an outcome or throw a CodedError of @cynodeai/runtime/std; adapters/http chooses the number',
    hint: /status/i,
    where: withoutHttp,
    homes: [],
    matches: (node) => numberOfStatus(node) !== undefined,
  },
  {
    name: 'slow-pattern',
    says: 'this pattern takes more than linear time for some text; cut the text by hand, or see trimEnd of @cynodeai/runtime/std',
    hint: /\//,
    where: products,
    homes: [],
    matches: isSlowPattern,
  },
];
