// A document of the house in a window of its own. A page that this app opens keeps this app's policy: no script of it runs, and its
// styles must come in through the DOM, because `style-src 'self'` drops its <style>.

/** Opens the empty window: at once, in the click that wants it, else the browser stops it. */
export const openEmpty = () => window.open('', '_blank')

/** The text of each <style>, and the rest: parsed with them, the policy would drop them with a complaint. */
export function apart(html: string): { styles: string[]; rest: string } {
  const styles: string[] = []
  const rest = html.replace(/<style\b[^>]*>([\s\S]*?)<\/style\s*>/gi, (_, text: string) => {
    styles.push(text)
    return ''
  })
  return { styles, rest }
}

/** Puts a document that was read into it. */
export function showHtml(page: Window, html: string) {
  const { styles, rest } = apart(html)
  const read = new DOMParser().parseFromString(rest, 'text/html')
  for (const script of read.querySelectorAll('script')) script.remove()
  // The empty window would lay out as browsers of 1998 did.
  page.document.open()
  page.document.write('<!doctype html><body></body>')
  page.document.close()
  const own = page as Window & { CSSStyleSheet: typeof CSSStyleSheet }
  page.document.adoptedStyleSheets = styles.map((text) => {
    const sheet = new own.CSSStyleSheet()
    sheet.replaceSync(text)
    return sheet
  })
  page.document.title = read.title
  page.document.documentElement.lang = read.documentElement.lang
  page.document.body.replaceWith(page.document.importNode(read.body, true))
}
