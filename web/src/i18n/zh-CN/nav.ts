// The bar.
export default {
  label: '主导航',
  operator: '话务台',
  desk: '窗口',
  supervisor: '班长台',
  cases: '承诺',
  calls: '通话记录',
  knowledge: '信息库',
  admin: '设置',
  users: '账号',
  audit: '审计',
  phone: '试拨电话',
}
