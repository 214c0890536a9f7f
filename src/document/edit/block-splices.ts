import type { Layout, LayoutMember, LayoutNode } from './layout.ts'
import type { MemberEdit } from './member-edit.ts'
import { lineEnd, lineStart, nextLine, opensLine, type Splice } from './splice.ts'

/** Removes and adds members of a YAML block. At least one member stays. */
export function blockSplices(layout: Layout, node: LayoutNode, edit: MemberEdit): Splice[] {
  const members = node.members()
  const stays = members.filter((_, index) => !edit.removed.has(index))
  const removed = [...edit.removed].flatMap((index) => {
    const member = members[index]
    return member
      ? [
          removal(
            layout,
            member,
            stays.find(({ start }) => start > member.start),
          ),
        ]
      : []
  })
  return [...removed, ...(edit.added.length === 0 ? [] : [addition(layout, members, edit)])]
}

/** Whole lines where they are its own: comments above stay where they are. */
function removal({ text }: Layout, member: LayoutMember, next: LayoutMember | undefined): Splice {
  if (opensLine(text, member.start)) {
    return { start: lineStart(text, member.start), end: nextLine(text, member.end), text: '' }
  }
  return { start: member.start, end: next?.start ?? member.end, text: '' }
}

/** After the member before, with the comment on its line and those below it that are indented like it. */
function addition(layout: Layout, members: readonly LayoutMember[], edit: MemberEdit): Splice {
  const { text, eol, style } = layout
  const column = columnOf(text, members[0]?.start ?? 0)
  const indent = ' '.repeat(column)
  const entries = edit.added.map(({ key, value }) =>
    indented(key === undefined ? style.blockItem(value) : style.blockPair(key, value), eol, indent),
  )
  const before = members[edit.at - 1]
  const [first] = members
  if (!before) {
    const start = first?.start ?? 0
    return { start, end: start, text: entries.map((entry) => entry + eol + indent).join('') }
  }
  const end = edit.at === members.length ? afterComments(text, before.end, column) : lineEnd(text, before.end)
  return { start: end, end, text: entries.map((entry) => eol + indent + entry).join('') }
}

export const columnOf = (text: string, at: number): number => at - lineStart(text, at)

/** Lines after the first get the indentation as well; empty ones stay empty. */
export function indented(written: string, eol: string, indent: string): string {
  return written
    .split('\n')
    .map((line, index) => (index === 0 || line === '' ? line : indent + line))
    .join(eol)
}

/** The end of the last of the comment lines that follow directly and belong to a block of this column. */
function afterComments(text: string, from: number, column: number): number {
  let end = lineEnd(text, from)
  for (;;) {
    const start = nextLine(text, end)
    const blanks = /^( *)#/.exec(text.slice(start, lineEnd(text, start)))?.[1]
    if (start === text.length || blanks === undefined || blanks.length < column) return end
    end = lineEnd(text, start)
  }
}
