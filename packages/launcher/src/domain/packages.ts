import type { ContainerEngine } from '@cynodeai/contracts/common';

/** A program the stack needs, and the Debian package that brings it. */
export interface Requirement {
  readonly program: string;
  /** Programs that do as well. */
  readonly or?: readonly string[];
  readonly package: string;
  readonly why: string;
  /** Needed for this engine only. */
  readonly engine?: ContainerEngine;
  /** Needed only where control groups are of version 2, or only where they are not. */
  readonly unifiedCgroups?: boolean;
}

/** The machine and the choice that decide what is needed. */
export interface Needs {
  readonly engine: ContainerEngine;
  /** Control groups are of version 2. */
  readonly unifiedCgroups: boolean;
}

/** System programs, looked up on the path. Everything else comes from npm. */
const allRequirements: readonly Requirement[] = [
  { engine: 'podman', program: 'podman', package: 'podman', why: 'runs sandboxes' },
  {
    engine: 'podman',
    unifiedCgroups: true,
    program: 'crun',
    or: ['runc'],
    package: 'crun',
    why: 'starts containers',
  },
  {
    engine: 'podman',
    unifiedCgroups: false,
    program: 'runc',
    package: 'runc',
    why: 'starts containers where cgroups are not of version 2, which crun does not',
  },
  {
    engine: 'podman',
    program: 'newuidmap',
    package: 'uidmap',
    why: 'user ids of unprivileged sandboxes',
  },
  {
    engine: 'podman',
    program: 'catatonit',
    package: 'catatonit',
    why: 'first process of a sandbox',
  },
  {
    engine: 'docker',
    // The client is a package of its own since Debian 13; only the download of a model service needs it.
    program: 'dockerd',
    or: ['docker'],
    package: 'docker.io',
    why: 'runs sandboxes',
  },
  { program: 'ip', package: 'iproute2', why: 'network namespaces of sandboxes' },
  { program: 'flock', package: 'util-linux', why: 'keeps two first starts of cynode apart' },
  { program: 'tar', package: 'tar', why: 'builds the sandbox image' },
];

/** What an install needs that runs its sandboxes by this engine on this machine. */
export function requirementsOf({ engine, unifiedCgroups }: Needs): readonly Requirement[] {
  const fits = <T>(only: T | undefined, is: T): boolean => only === undefined || only === is;
  return allRequirements.filter(
    (each) => fits(each.engine, engine) && fits(each.unifiedCgroups, unifiedCgroups),
  );
}

/** The programs that meet a requirement, the best first. */
export function programsOf({ program, or = [] }: Requirement): readonly string[] {
  return [program, ...or];
}

/** What the tests need beside that. */
export const testRequirements: readonly Requirement[] = [
  { program: 'curl', package: 'curl', why: 'the program of a sandbox that asks its model uses it' },
  { program: 'jq', package: 'jq', why: 'the same' },
  { program: 'systemd-analyze', package: 'systemd', why: 'checks the units in deploy' },
  { program: 'git', package: 'git', why: 'works in a sandbox' },
  { program: 'python3', package: 'python3', why: 'the same' },
  { program: 'gcc', package: 'build-essential', why: 'the same' },
];

/** The second engine is tested for real; its daemon needs root. */
export const rootTestRequirements: readonly Requirement[] = [
  { program: 'dockerd', package: 'docker.io', why: 'the second engine' },
  {
    program: 'iptables',
    package: 'iptables',
    why: 'looked for by the daemon of the second engine',
  },
];

/** Packages to install, without repetition. */
export function missingPackages(
  isThere: (program: string) => boolean,
  needed: readonly Requirement[],
): string[] {
  const missing = needed.filter((requirement) => !programsOf(requirement).some(isThere));
  return [...new Set(missing.map((requirement) => requirement.package))];
}

/** The command that installs packages, as a person would type it. */
export function installCommand(packages: readonly string[], root: boolean): string {
  const command = `apt-get install --no-install-recommends -y ${packages.join(' ')}`;
  return root ? command : `sudo ${command}`;
}

/** What to do about missing packages. */
export type PackagePlan =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'install'; readonly packages: readonly string[] }
  | { readonly kind: 'ask'; readonly packages: readonly string[] }
  | { readonly kind: 'tell'; readonly packages: readonly string[]; readonly reason: string };

export interface PackageSituation {
  readonly missing: readonly string[];
  readonly root: boolean;
  readonly hasApt: boolean;
  /** `--yes` or continuous integration. */
  readonly agreed: boolean;
  readonly canAsk: boolean;
}

/** Installing needs root, apt and consent; otherwise the person is told the command. Architecture section 7. */
export function planPackages(situation: PackageSituation): PackagePlan {
  const { missing: packages } = situation;
  if (packages.length === 0) return { kind: 'nothing' };
  if (!situation.hasApt) {
    return {
      kind: 'tell',
      packages,
      reason:
        'this is not a Debian-like system: install these packages under the names they have here',
    };
  }
  if (!situation.root) return { kind: 'tell', packages, reason: 'installing packages needs root' };
  if (situation.agreed) return { kind: 'install', packages };
  if (situation.canAsk) return { kind: 'ask', packages };
  return { kind: 'tell', packages, reason: 'give --yes to have them installed' };
}
