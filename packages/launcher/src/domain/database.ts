/** The first PostgreSQL that will do, as the number it tells. */
const minVersion = 16;

/** What the command line says about the database: back to the install's own. */
export const databaseChoices = ['embedded'] as const;
export type DatabaseChoice = (typeof databaseChoices)[number];

/** How to get away from a database of one's own. */
export const wayBack = "the install's own PostgreSQL: cynode up --database embedded";

/** Stands where an address names a folder of sockets instead of a host, which a URL cannot. */
const noHost = 'socket.invalid';

function parse(text: string): URL | null {
  return URL.parse(text) ?? URL.parse(text.replace('@/', `@${noHost}/`));
}

/** Whether a text is the address of a PostgreSQL server. */
export function isDatabaseUrl(text: string): boolean {
  return /^postgres(?:ql)?:\/\/./.test(text) && parse(text) !== null;
}

/** An address as it may be shown: who, where and which, without password and parameters. */
export function shownDatabase(text: string): string {
  const url = parse(text);
  if (url === null) return 'an address that cannot be read';
  const named = url.host === noHost ? '' : url.host;
  const host = named || (url.searchParams.get('host') ?? 'localhost');
  const user = url.username === '' ? '' : `${url.username}@`;
  return `${user}${host}${url.pathname}`;
}

/** Why a server of this version will not do; undefined when it does. @param versionNumber as `server_version_num` tells, such as 150004 */
export function versionFault(versionNumber: number): string | undefined {
  const major = Math.floor(versionNumber / 10_000);
  if (major >= minVersion) return undefined;
  const told = Number.isNaN(major) ? 'it does not tell its version' : `it is PostgreSQL ${major}`;
  return `${told}; ${minVersion} or newer is needed`;
}
