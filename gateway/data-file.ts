import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type * as z from 'zod';

/** A file of the data folder cannot be used; the message names the file and every problem, never a value. */
export class DataFileFault extends Error {
  readonly code = 'DATA_FILE_INVALID';

  constructor(file: string, problems: readonly string[]) {
    super(`the file \`${file}\` is not usable:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'DataFileFault';
  }
}

/** Reads a YAML file against its schema, or throws a `DataFileFault` with every problem at once. */
export function readDataFile<T>(file: string, schema: z.ZodType<T>): T {
  const result = schema.safeParse(parseYaml(file));
  if (result.success) return result.data;
  throw new DataFileFault(
    file,
    result.error.issues.map((issue) => `${issue.path.join('.') || 'the whole file'}: ${issue.message}`),
  );
}

function parseYaml(file: string): unknown {
  try {
    return parse(readFileSync(file, 'utf8'), { maxAliasCount: 0 });
  } catch {
    throw new DataFileFault(file, ['it cannot be read as YAML']);
  }
}
