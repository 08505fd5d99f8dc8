/** Reads a Dockerfile as its instructions, one each, without comments. */

export interface Instruction {
  name: string;
  /** What follows the name, with continued lines joined. */
  text: string;
}

export function readDockerfile(source: string): Instruction[] {
  const lines = source.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  return lines
    .join('\n')
    .replaceAll(/\\\n/g, '')
    .split('\n')
    .map((line) => {
      const [, name = '', text = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
      return { name, text };
    });
}

/** All of the instructions of that name. */
export function all(instructions: Instruction[], name: string): string[] {
  return instructions.filter((instruction) => instruction.name === name).map(({ text }) => text);
}

/** The one instruction of that name. @throws where there is another, or none. */
export function only(instructions: Instruction[], name: string): string {
  const found = all(instructions, name);
  if (found.length !== 1 || found[0] === undefined)
    throw new Error(`${found.length} ${name} in the Dockerfile, not one`);
  return found[0];
}
