/** HTML that other programs put on the clipboard, and the lines of text that it becomes. */
export interface Clipboard {
  html: string;
  lines: readonly string[];
  /** What the page reports. */
  says: string;
}

const TABLE = "1 table was turned into lines.";

/** HTML as the programs write it, without most of its styles. */
export const CLIPBOARDS: Readonly<Record<string, Clipboard>> = {
  Excel: {
    html: `<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><meta name=Generator content="Microsoft Excel 15">
      <style><!--table {mso-displayed-decimal-separator:"\\.";} td {padding-top:1px;}--></style></head>
      <body link="#0563C1"><table border=0 cellpadding=0 cellspacing=0 width=192 style='border-collapse:collapse;width:144pt'>
      <!--StartFragment--><col width=64 span=3 style='width:48pt'>
      <tr height=20 style='height:15.0pt'><td height=20 width=64 style='height:15.0pt'>1</td><td width=64>2</td><td>3</td></tr>
      <tr height=20 style='height:15.0pt'><td height=20 style='height:15.0pt'>4</td><td></td><td class=xl65>6
      </td></tr><!--EndFragment--></table></body></html>`,
    lines: ["1\t2\t3", "4\t\t6"],
    says: TABLE,
  },
  Word: {
    html: `<html xmlns:w="urn:schemas-microsoft-com:office:word"><head><style>p.MsoNormal {margin:0cm;}</style></head>
      <body lang=EN-US style='tab-interval:36.0pt'><!--StartFragment--><p class=MsoNormal>E = mc<sup>2</sup> and
      H<sub>2</sub>O, 2<sup>n + 1</sup><o:p></o:p></p><p class=MsoNormal><o:p>&nbsp;</o:p></p>
      <table class=MsoTableGrid border=1 style='border-collapse:collapse'><tr style='mso-yfti-irow:0'>
      <td width=301 valign=top style='width:225.4pt'><p class=MsoNormal>c11<o:p></o:p></p></td>
      <td width=301 valign=top><p class=MsoNormal>c12<o:p></o:p></p></td></tr><tr style='mso-yfti-irow:1'>
      <td width=301 valign=top><p class=MsoNormal>c21<o:p></o:p></p></td>
      <td width=301 valign=top><p class=MsoNormal>c22<o:p></o:p></p></td></tr></table>
      <p class=MsoNormal>Seen: <!--[if gte vml 1]><v:shape/><![endif]--><![if !vml]><img width=605 height=303
      src="file:///C:/Temp/clip_image001.png" v:shapes="Picture_x0020_1"><![endif]><o:p></o:p></p><!--EndFragment--></body></html>`,
    lines: ["E = mc² and H₂O, 2^(n + 1)", "", "c11\tc12", "c21\tc22", "Seen:"],
    says: `1 image was left out. ${TABLE}`,
  },
  "Google Docs": {
    html: `<meta charset="utf-8"><b style="font-weight:normal;" id="docs-internal-guid-5f"><p dir="ltr" style="line-height:1.38;">
      <span style="font-size:11pt;white-space:pre-wrap;">two  spaces</span></p><br /><p dir="ltr"><span style="white-space:pre-wrap;">x</span><span
      style="font-size:0.6em;white-space:pre-wrap;vertical-align:super;">2</span></p><div dir="ltr" align="left"><table style="border:none;">
      <colgroup><col width="312" /><col width="312" /></colgroup><tbody><tr style="height:0pt"><td style="vertical-align:top;"><p
      dir="ltr"><span style="font-size:11pt;">a</span></p></td><td><p dir="ltr"><span>b</span></p></td></tr></tbody></table></div>
      <br /><br /><p dir="ltr"><span>end</span></p></b><br class="Apple-interchange-newline">`,
    lines: ["two  spaces", "", "x²", "a\tb", "", "", "end"],
    says: TABLE,
  },
  "Apple Notes": {
    html: `<meta charset="UTF-8"><div>One</div><div><br></div><div>Two<br></div><ul class="Apple-dash-list"><li>a</li><li>b</li></ul>`,
    lines: ["One", "", "Two", "a", "b"],
    says: "",
  },
  "VS Code": {
    html: `<meta charset='utf-8'><div style="color: #cccccc;font-family: Consolas, monospace;line-height: 19px;white-space: pre;"><div><span
      style="color: #569cd6;">if</span><span style="color: #cccccc;"> (a) {</span></div><div><span style="color: #cccccc;">    </span><span
      style="color: #569cd6;">return</span></div><br><div><span style="color: #cccccc;">}</span></div></div>`,
    lines: ["if (a) {", "    return", "", "}"],
    says: "",
  },
  "another editor of this kind": {
    html: `<table data-pm-slice="1 1 -2 []"><tbody><tr><td colspan="1"><p>c21</p></td><td><p>c22</p></td></tr></tbody></table>`,
    lines: ["c21\tc22"],
    says: TABLE,
  },
  "a page that is laid out by a table": {
    html: `<table><tr><td><h2>Head</h2><ul><li>a</li><li>b</li></ul></td><td><p>side</p><table><tr><th>1</th><th>2</th></tr></table></td></tr></table>`,
    lines: ["Head", "a", "b", "side", "1\t2"],
    says: TABLE,
  },
  "a page with all sorts of things": {
    html: `<details><summary>Sum</summary>mary</details><ruby>漢<rt>かん</rt></ruby><p>a<sub>max</sub><sup>*</sup><sup>[1]</sup></p>
      <ul><li><input type=checkbox checked> done</li><li><input type=checkbox> open</li></ul><select><option>o</option><option>p</option></select>
      <math><msup><mi>x</mi><mn>2</mn></msup><mfrac><mn>1</mn><mn>2</mn></mfrac></math><dl><dt>T</dt><dd>D</dd></dl>
      <div style="white-space: pre-wrap">l1\nl2</div><span style="display: block">B1</span><span style="display: block">B2</span>
      <video></video><video></video><audio></audio><iframe></iframe><svg aria-hidden="true"></svg><a href="tel:1">call</a>`,
    lines: [
      "Sum",
      "mary",
      "漢(かん)",
      "aₘₐₓ*[1]",
      "☑ done",
      "☐ open",
      "x²1/2",
      "T",
      "D",
      "l1l2",
      "B1",
      "B2",
      "call",
    ],
    says: "2 videos, 1 audio clip, 1 embedded page, 1 form field, and 1 link were left out.",
  },
};
