// The library's reference, made from the docstrings of drivers/ and firmware/: for each file what its head comment
// says, then every export with its signature and its docstring. AssemblyScript parses as TypeScript well enough.

import fs from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/** One exported thing, or a member of an exported class. */
export interface Entry {
  /** `Jack.open`, `print`, `Info.TickRate`. */
  name: string;
  /** As in the source, without body and decorators. */
  signature: string;
  /** The docstring as plain text; empty when there is none. */
  text: string;
  line: number;
  members: Entry[];
}

export interface FileReference {
  /** Relative to the root, with forward slashes. */
  file: string;
  /** The comment at the file's head. */
  intro: string;
  entries: Entry[];
}

/** What belongs to the library's public side. Programs are examples of its use. */
const ROOMS = ['drivers', 'firmware'];
const NOT_PUBLIC = /^firmware\/programs\//;

/** The files of the library, sorted. */
function libraryFiles(root: string): string[] {
  return ROOMS.flatMap((room) =>
    fs
      .readdirSync(path.join(root, room), { recursive: true, encoding: 'utf8' })
      .map((name) => `${room}/${name.split(path.sep).join('/')}`)
      .filter((name) => name.endsWith('.ts') && !NOT_PUBLIC.test(name)),
  ).sort();
}

/** Reads one file. */
export function readReference(root: string, file: string): FileReference {
  const text = fs.readFileSync(path.join(root, file), 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  return {
    file,
    intro: introOf(text),
    entries: source.statements.filter(isExported).flatMap((statement) => entriesOf(source, statement)),
  };
}

function introOf(text: string): string {
  const lines: string[] = [];
  for (const line of text.split('\n')) {
    if (!line.startsWith('//')) break;
    lines.push(line.replace(/^\/\/ ?/, ''));
  }
  return lines.join('\n');
}

function hasModifier(node: ts.Node, kind: ts.SyntaxKind): boolean {
  return ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some((modifier) => modifier.kind === kind);
}

function isExported(node: ts.Node): boolean {
  return hasModifier(node, ts.SyntaxKind.ExportKeyword);
}

function docOf(source: ts.SourceFile, node: ts.Node): string {
  const doc = ts
    .getLeadingCommentRanges(source.text, node.getFullStart())
    ?.map(({ pos, end }) => source.text.slice(pos, end))
    .filter((comment) => comment.startsWith('/**'))
    .at(-1);
  if (!doc) return '';
  return doc
    .slice(3, -2)
    .split('\n')
    .map((line) => line.trim().replace(/^\* ?/, ''))
    .join('\n')
    .trim();
}

/** The source from the node's first word to `end`, on one line, without decorators and `export`. */
function signature(source: ts.SourceFile, node: ts.Node, end: number): string {
  const from = ts.canHaveModifiers(node)
    ? ((ts.getModifiers(node) ?? []).find((modifier) => modifier.kind !== ts.SyntaxKind.ExportKeyword)?.getStart() ??
      afterExport(node))
    : node.getStart();
  return source.text
    .slice(from, end)
    .replace(/\s+/g, ' ')
    .replace(/([([]) /g, '$1')
    .replace(/,? ([)\]])/g, '$1')
    .trim()
    .replace(/;$/, '');
}

function afterExport(node: ts.HasModifiers): number {
  const last = node.modifiers?.at(-1);
  return last ? last.end : node.getStart();
}

function entriesOf(source: ts.SourceFile, node: ts.Node): Entry[] {
  const entry = (name: string, end: number, members: Entry[] = []): Entry => ({
    name,
    signature: signature(source, node, end),
    text: docOf(source, node),
    line: source.getLineAndCharacterOfPosition(node.getStart()).line + 1,
    members,
  });
  if (ts.isFunctionDeclaration(node)) {
    return [entry(node.name?.text ?? 'default', node.body?.getStart() ?? node.end)];
  }
  if (ts.isVariableStatement(node)) {
    return node.declarationList.declarations.map((declaration) => entry(declaration.name.getText(), node.end));
  }
  if (ts.isEnumDeclaration(node)) {
    const members = node.members.map((member) => memberOf(source, member, member.end));
    return [entry(node.name.text, source.text.indexOf('{', node.name.end), members)];
  }
  if (ts.isClassDeclaration(node) || ts.isInterfaceDeclaration(node)) {
    const members = (node.members as ts.NodeArray<ts.ClassElement | ts.TypeElement>)
      .filter((member) => !isHidden(member))
      .map((member) => memberOf(source, member, endOfHead(member)));
    return [entry(node.name?.text ?? 'default', source.text.indexOf('{', node.name?.end ?? 0), members)];
  }
  return []; // re-exports are described where they are declared
}

function isHidden(node: ts.Node): boolean {
  return hasModifier(node, ts.SyntaxKind.PrivateKeyword) || ts.isSetAccessorDeclaration(node);
}

function endOfHead(node: ts.Node): number {
  const body = (node as { body?: ts.Node }).body;
  if (body) return body.getStart();
  return node.end;
}

function memberOf(source: ts.SourceFile, node: ts.Node, end: number): Entry {
  const name = ts.isConstructorDeclaration(node)
    ? 'constructor'
    : ((node as { name?: ts.Node }).name?.getText() ?? 'member');
  return {
    name,
    signature: signature(source, node, end),
    text: docOf(source, node),
    line: source.getLineAndCharacterOfPosition(node.getStart()).line + 1,
    members: [],
  };
}

/** The whole reference as Markdown. */
export function renderReference(files: FileReference[]): string {
  const out = [
    '# Reference of the library',
    '',
    'Made from the docstrings by `npm run docs`. The manual is docs/firmware.md.',
    '',
    ...files.map(({ file }) => `- [${file}](#${file.toLowerCase().replace(/[^a-z0-9_-]/g, '')})`),
  ];
  for (const { file, intro, entries } of files) {
    out.push('', `## ${file}`, '', paragraphs(intro));
    for (const entry of entries) {
      out.push('', `### \`${entry.signature}\``);
      if (entry.text) out.push('', entry.text);
      if (entry.members.length) out.push('');
      for (const member of entry.members) {
        const text = member.text.replace(/\s*\n\s*/g, ' ');
        out.push(`- \`${member.signature}\`${text ? `: ${text}` : ''}`);
      }
    }
  }
  return `${out.join('\n')}\n`;
}

/** Indented parts of a head comment are examples or tables: they become code. */
function paragraphs(intro: string): string {
  let code = false;
  const out: string[] = [];
  for (const line of intro.split('\n')) {
    const indented = line.startsWith('  ');
    if (indented && !code) out.push('```ts');
    if (!indented && code && line !== '') {
      if (out.at(-1) === '') out.pop();
      out.push('```', '');
    }
    if (line !== '' || !code) code = indented;
    out.push(indented ? line.slice(2) : line);
  }
  if (code) out.push('```');
  return out.join('\n');
}

/** Exports without a docstring whose signature begins with `kind`, as `file:line name`. */
export function undocumented(files: FileReference[], kind = ''): string[] {
  return files.flatMap(({ file, entries }) =>
    entries
      .filter(({ text, signature }) => !text && signature.startsWith(kind))
      .map(({ name, line }) => `${file}:${line} ${name}`),
  );
}

/** Reads every file of the library. */
export function readLibrary(root: string): FileReference[] {
  return libraryFiles(root).map((file) => readReference(root, file));
}
