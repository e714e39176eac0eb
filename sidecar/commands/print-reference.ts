/** `tandem reference PAGE`: the reference pages of docs/, printed from the code. */
import { Argument, type Command } from 'commander';
import { referencePages, type ReferencePage } from './reference.js';

export function addReference(program: Command): void {
  program
    .command('reference')
    .description('print a reference page (settings, errors, metrics as Markdown, openapi as JSON)')
    .addArgument(new Argument('<page>').choices(Object.keys(referencePages)))
    .action((page: ReferencePage) => void process.stdout.write(referencePages[page]()));
}
