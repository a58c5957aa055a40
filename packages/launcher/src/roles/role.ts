import type { Env, Environment } from '@cynodeai/runtime/config';
import type { Confinement } from '@cynodeai/runtime/confine';
import type { EngineChoice } from '../install/engine-choice.ts';
import type { ListenChoice } from '../install/listen-choice.ts';
import type { HomePaths } from '../install/paths.ts';
import type { Ports } from '../install/ports.ts';
import type { InstallSecrets } from '../install/secrets.ts';
import type { InferencePath } from '../domain/inference.ts';

/** What decides where a container engine of an install is, and which one it is. */
export interface EnginePlace {
  readonly paths: Pick<HomePaths, 'node'>;
  readonly runDir: string;
  readonly engine: EngineChoice;
}

/** What an install decides for its roles. */
export interface RolePlace extends EnginePlace {
  readonly checkout: string;
  readonly paths: HomePaths;
  readonly ports: Ports;
  readonly inference: { readonly path: InferencePath };
  readonly listen?: ListenChoice | undefined;
}

/** A variable that the install decides, whatever the user has set. */
export type Decided<P = RolePlace> =
  | {
      readonly by: 'install';
      /** Its value; absent or undefined: the role gets none. */
      readonly value?: (place: P) => string | undefined;
      /** How to get what setting the variable would be for, told to who sets it. */
      readonly instead: string;
    }
  /** What the user sets reaches the role through the install, which remembers or interprets it. */
  | { readonly by: 'user'; readonly value?: (place: P) => string | undefined }
  /** The install's value holds until the user sets another. */
  | { readonly by: 'default'; readonly value: (place: P) => string }
  | { readonly by: 'secret'; readonly secret: keyof InstallSecrets };

export type Decisions<P = RolePlace> = Readonly<Record<string, Decided<P>>>;

/** A listener of a role. */
export interface RoleServer {
  readonly name: string;
  readonly port: keyof Ports;
  /** It answers `/readyz` with reasons. */
  readonly tellsReadiness: boolean;
  /** The key by which it proves whose it is. See docs/reference/processes.md#proof. */
  readonly proof?: keyof InstallSecrets;
}

interface StoppableRole {
  /** Its process in status, state and logs. */
  readonly name: string;
  /** What asks it to end. */
  readonly stopSignal: 'SIGINT' | 'SIGTERM';
  /** How long it may take to stop before it is killed, ms. */
  readonly stopMs: (env: Env) => number;
}

/** The database server, which the supervisor starts by itself unless the user has one. */
export interface DatabaseRole extends StoppableRole {
  readonly kind: 'database';
}

/** A process of ours that hosts one or more roles of equal trust. */
export interface ProcessRole extends StoppableRole {
  readonly kind: 'process';
  /** The roles it hosts, as `serve` calls them; one that is never served alone has none. */
  readonly hosts: readonly string[];
  /** Below the checkout. */
  readonly entry: string;
  readonly args: (place: RolePlace, hosts: readonly string[]) => readonly string[];
  /** Tables of the variables its own loader reads. */
  readonly environments: readonly Environment[];
  readonly decides: Decisions;
  readonly servers: readonly RoleServer[];
  readonly needs: {
    /** It gets the database's address; nobody else does. */
    readonly database: boolean;
    /** It drives the container engine: packages, image and startup file come first. */
    readonly engine: boolean;
    /** Processes whose ports it waits for, where they start too. */
    readonly after: readonly string[];
  };
  /** `full`: it needs nothing of the host; `engine`: no more than a container engine stands. */
  readonly confinement: Exclude<Confinement['kind'], 'clean'>;
  /** Folders it writes, where it is fully confined. */
  readonly writes?: (place: RolePlace) => readonly string[];
  /** Folders it alone reads, where it is fully confined. */
  readonly reads?: (place: RolePlace) => readonly string[];
  /** Whether a stack of this install has it. */
  readonly isPart: (place: Pick<RolePlace, 'inference'>) => boolean;
  /** How it is deployed without `cynode`; absent: it is not. */
  readonly deploy?: {
    /** systemd unit. */
    readonly unit: string;
    /** Service in the compose file. */
    readonly service?: string;
  };
}

export type Role = DatabaseRole | ProcessRole;
