// All texts of this language: the file's name is the first part of each key.
const files = import.meta.glob('./*.ts', { eager: true, import: 'default' }) as Record<string, object>

const texts: Record<string, object> = {}
for (const [path, messages] of Object.entries(files)) {
  const name = path.slice(2, -3)
  if (name !== 'index') texts[name] = messages
}
export default texts
