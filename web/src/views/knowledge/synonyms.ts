// Groups of words that mean the same, as somebody types them: a group a line, words apart by 、 or a comma.

export interface Groups {
  groups: string[][]
  /** Words that stand alone and so mean the same as nothing. */
  lonely: string[]
}

export function readGroups(text: string): Groups {
  const lines = text.split('\n').map((line) => [...new Set(line.split(/[、,，;；=\t]+/).map((word) => word.trim()).filter((word) => word !== ''))])
  return { groups: lines.filter((group) => group.length > 1), lonely: lines.filter((group) => group.length === 1).flat() }
}
