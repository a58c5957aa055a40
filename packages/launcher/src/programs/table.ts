import { processRoles } from '../roles/table.ts';

/** A program of the product, which Node runs from its bundle while that is fresh, else from its sources. */
export interface Program {
  readonly name: string;
  /** Its module, below the checkout. */
  readonly entry: string;
  /** Flags of Node. */
  readonly nodeFlags?: readonly string[];
  /**
   * Its bundle is in parts, loaded when they are asked for, because it is started often and does one thing. Others are
   * whole: what runs for long must need nothing of a bundle that was replaced meanwhile.
   */
  readonly inParts?: boolean;
}

/** Little space for new objects: what starts and watches others works at their start only, and would keep 8 MB more. */
const nodeFlags = ['--max-semi-space-size=1'];

/** What keeps the roles running when nobody does it in the foreground. */
export const supervisor: Program = {
  name: 'supervisor',
  entry: 'packages/launcher/src/processes/supervisor.ts',
  nodeFlags,
};

/** Started by the script of its name, with the same flags. */
export const cynode: Program = {
  name: 'cynode',
  entry: 'packages/launcher/src/main.ts',
  nodeFlags,
  inParts: true,
};

/** Started by the script of its name. */
const cynork: Program = { name: 'cynork', entry: 'packages/cli/src/main.ts', inParts: true };

/** Everything that is bundled. */
export const programs: readonly Program[] = [cynork, cynode, supervisor, ...processRoles];
