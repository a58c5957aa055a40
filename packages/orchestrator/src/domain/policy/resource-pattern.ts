import { matchesGlob } from './glob.ts';
import { normalResource } from './resource.ts';

/** Tells of a resource in its normal spelling whether it is meant. */
type Matcher = (resource: string) => boolean;
/** Reads a pattern; undefined when it says nothing. */
type Grammar = (pattern: string) => Matcher | undefined;

const glob: Grammar = (pattern) => (resource) => matchesGlob(pattern, resource);

const exact: Grammar = (pattern) =>
  pattern.includes('*') ? undefined : (resource) => resource === pattern;

/** Parts between slashes, each literal or `*`. */
const parts =
  (count: number): Grammar =>
  (pattern) => {
    const wanted = pattern.split('/');
    const isWhole = wanted.every((part) => part === '*' || (part !== '' && !part.includes('*')));
    if (wanted.length !== count || !isWhole) return undefined;
    return (resource) => {
      const given = resource.split('/');
      return (
        given.length === count && wanted.every((part, at) => part === '*' || part === given[at])
      );
    };
  };

/** Exact, or everything below a path that ends with `/*`. */
const below: Grammar = (pattern) => {
  if (!pattern.includes('*')) return exact(pattern);
  const path = pattern.slice(0, -1);
  if (!pattern.endsWith('/*') || path.includes('*') || path.startsWith('/')) return undefined;
  return (resource) => resource.startsWith(path) && resource.length > path.length;
};

const domain: Grammar = (pattern) => {
  const isBelow = pattern.startsWith('*.');
  const host = normalResource('web.domain', isBelow ? pattern.slice(2) : pattern);
  if (host === undefined) return undefined;
  return (resource) => (isBelow ? resource.endsWith(`.${host}`) : resource === host);
};

/** Where the origin of a URL or of a pattern ends; -1 without a scheme. */
function originEnd(text: string): number {
  const scheme = text.indexOf('://');
  if (scheme === -1) return -1;
  const slash = text.indexOf('/', scheme + 3);
  return slash === -1 ? text.length : slash;
}

/** Origin and rest are compared apart, so that no `*` in a host reaches over the slash behind it. */
const url: Grammar = (pattern) => {
  const cut = originEnd(pattern);
  if (cut === -1 || pattern.includes('#')) return undefined;
  const origin = pattern.slice(0, cut).toLowerCase();
  if (origin.endsWith('://') || origin.includes('?')) return undefined;
  const rest = pattern.slice(cut) || (origin.endsWith('*') ? '*' : '/');
  return (resource) => {
    const end = originEnd(resource);
    return matchesGlob(origin, resource.slice(0, end)) && matchesGlob(rest, resource.slice(end));
  };
};

const lowerCased =
  (grammar: Grammar): Grammar =>
  (pattern) =>
    grammar(pattern.toLowerCase());

const grammars: Readonly<Record<string, Grammar>> = {
  'api.provider_operation': lowerCased(parts(2)),
  'web.domain': domain,
  'web.url_pattern': url,
  'mcp.tool': glob,
  sandbox_image: glob,
  'git.repo': below,
  project: lowerCased(below),
  project_plan: lowerCased(below),
  'connector.operation': parts(3),
  task: lowerCased(glob),
  preference: lowerCased(below),
  credential: lowerCased(below),
};

/**
 * Reads a rule's pattern by the grammar of its resource type; `*` alone means every resource of the type. Undefined
 * when it cannot be read. See docs/reference/identity-and-policy.md#access-rules.
 */
export function readPattern(type: string, pattern: string): Matcher | undefined {
  if (pattern === '') return undefined;
  if (pattern === '*') return () => true;
  return ((Object.hasOwn(grammars, type) ? grammars[type] : undefined) ?? exact)(pattern);
}
