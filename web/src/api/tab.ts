// The tab's name: it names the cookie, so that two tabs of one browser can be two people.
const KEY = 'hotline.tab'
const FITS = /^[a-z0-9]{1,16}$/

function named(): string {
  const asked = new URLSearchParams(location.search).get('tab') ?? ''
  if (FITS.test(asked)) {
    sessionStorage.setItem(KEY, asked)
    return asked
  }
  const kept = sessionStorage.getItem(KEY) ?? ''
  return FITS.test(kept) ? kept : 'main'
}

export const tab = named()
