import { Argument, InvalidArgumentError, Option } from 'commander';
import { type ArgDefinition, type FlagDefinition, argOf, kebab } from '../definition/index.ts';

function integerParser(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };
}

const collect = (text: string, before: readonly string[] | undefined): string[] => [
  ...(before ?? []),
  text,
];

/** A flag's definition as the parser's option. */
export function buildOption(name: string, flag: FlagDefinition): Option {
  const long = `--${kebab(name)}`;
  const names = flag.short === undefined ? long : `-${flag.short}, ${long}`;
  if (flag.type === 'boolean') return new Option(names, flag.help);
  const many = flag.type === 'strings' && flag.many === true;
  const option = new Option(`${names} <${flag.value}${many ? '...' : ''}>`, flag.help);
  option.makeOptionMandatory(flag.required === true);
  switch (flag.type) {
    case 'integer':
      return option.argParser(integerParser(flag.min, flag.max));
    case 'choice':
      return option.choices(flag.choices);
    case 'strings':
      return option.argParser(collect);
    case 'string':
      return option;
  }
}

/** A positional argument's definition as the parser's argument. */
export function buildArgument(name: string, definition: string | ArgDefinition): Argument {
  const { help, choices, optional, many } = argOf(definition);
  const word = `${kebab(name)}${many ? '...' : ''}`;
  const argument = new Argument(optional ? `[${word}]` : `<${word}>`, help);
  return choices === undefined ? argument : argument.choices(choices);
}
