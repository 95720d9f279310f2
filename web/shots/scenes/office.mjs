// The office pages: ledger, monthly notices, figures, exports, subscribers of events.
const office = (name, about, path, act, more = {}) => ({ name: `office-${name}`, about, user: 'supervisor', path: `/cases/${path}`, act, ...more })
const main = { main: true }
const aside = { aside: true }
/** The month before, as the pages choose it: notices are about it. */
const month = (() => {
  const today = new Date(Date.now() + 28_800_000)
  today.setUTCDate(0)
  return today.toISOString().slice(0, 7)
})()
const click = (selector, shown) => async (page) => {
  await page.click(selector)
  await page.waitForSelector(shown)
}

export const scenes = [
  office('ledger', 'Ledger of blocked matters', 'ledger', undefined, main),
  office('ledger-struck', 'Ledger: struck off', 'ledger', click('[data-testid=struck]', '.tag.good'), aside),
  office('ledger-add', 'Ledger: a new matter', 'ledger', click('[data-testid=add-item]', '#item-form'), aside),
  office('ledger-review', 'Ledger: a review', 'ledger', click('[data-testid=review]', '#review-form'), aside),
  office('ledger-strike', 'Ledger: about to be struck off', 'ledger', click('[data-testid=strike]', '#confirm'), aside),
  office('notices', 'Monthly notices', 'notices', undefined, main),
  office('notice', 'A monthly notice, being edited', `notices/${month}/GAJ`, async (page) => {
    await page.fill('textarea >> nth=1', '夜间施工噪声投诉集中，两件超过五个工作日。')
    await page.waitForSelector('canvas')
  }, main),
  office('notice-signed', 'A monthly notice, signed', `notices/${month}/ZFB`, async (page, call) => {
    await call(`/notices/${month}/ZFB/sign`, { revision: 1 })
    await page.reload()
    await page.waitForSelector('[data-testid=sent]')
  }),
  office('notice-leave', 'A monthly notice: leaving with changes', `notices/${month}/GAJ`, async (page) => {
    await page.fill('textarea >> nth=0', '本月')
    await page.click('.back')
    await page.waitForSelector('#confirm')
  }, aside),
  office('figures', 'Figures of the promises', 'figures', (page) => page.waitForSelector('canvas'), main),
  office('figures-table', 'Figures of last month, as a table', 'figures', async (page) => {
    await page.click('[data-testid=span-last]')
    await page.waitForSelector('canvas')
    await page.click('.as-table summary')
    await page.locator('.as-table').scrollIntoViewIfNeeded()
  }),
  office('exports', 'Exports', 'exports', click('[data-testid=span-free]', 'input[type=date]'), main),
  office('webhooks', 'Settings: subscribers of events', '', undefined, { ...main, user: 'admin', path: '/admin/webhooks' }),
  office('webhooks-replay', 'Settings: events sent again', '', async (page) => {
    await page.click('[data-hook] .acts .btn')
    await page.fill('#replay input', '48000')
  }, { ...aside, user: 'admin', path: '/admin/webhooks' }),
]
