package sources

import (
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
)

// codePage is an encoding that programs write without naming it in the file. The reader has
// to guess it from the letters.
type codePage struct {
	name  string // as rows.encoding has it
	title string // as people know it
	enc   encoding.Encoding
	prior int // how rare files in it are, in the unit of [judge.cost]
}

// codePages lists the encodings that a guess tries. Where two of them read a file alike,
// the first one wins, so common encodings stand above their relatives.
func codePages() []codePage {
	return []codePage{
		{"windows-1252", "Windows-1252", charmap.Windows1252, 0},
		{"windows-1250", "Windows-1250", charmap.Windows1250, 8},
		{"windows-1251", "Windows-1251", charmap.Windows1251, 8},
		{"windows-1254", "Windows-1254", charmap.Windows1254, 8},
		{"windows-1257", "Windows-1257", charmap.Windows1257, 8},
		{"windows-1253", "Windows-1253", charmap.Windows1253, 8},
		{"gbk", "GBK", simplifiedchinese.GBK, 8},
		{"big5", "Big5", traditionalchinese.Big5, 8},
		{"shift_jis", "Shift JIS", japanese.ShiftJIS, 8},
		{"euc-kr", "EUC-KR", korean.EUCKR, 8},
		{"windows-1255", "Windows-1255", charmap.Windows1255, 8},
		{"windows-1256", "Windows-1256", charmap.Windows1256, 8},
		{"windows-874", "Windows-874", charmap.Windows874, 8},
		{"macintosh", "Mac Roman (macintosh)", charmap.Macintosh, 16},
		{"cp850", "MS-DOS (cp850)", charmap.CodePage850, 18},
		{"cp437", "MS-DOS (cp437)", charmap.CodePage437, 20},
		{"cp852", "MS-DOS (cp852)", charmap.CodePage852, 18},
		{"ibm866", "MS-DOS (ibm866)", charmap.CodePage866, 18},
		{"iso-8859-2", "ISO-8859-2", charmap.ISO8859_2, 22},
		{"iso-8859-15", "ISO-8859-15", charmap.ISO8859_15, 16},
		{"euc-jp", "EUC-JP", japanese.EUCJP, 14},
		{"koi8-r", "KOI8-R", charmap.KOI8R, 14},
		{"koi8-u", "KOI8-U", charmap.KOI8U, 16},
		{"iso-8859-5", "ISO-8859-5", charmap.ISO8859_5, 18},
		{"iso-8859-7", "ISO-8859-7", charmap.ISO8859_7, 16},
		{"iso-8859-13", "ISO-8859-13", charmap.ISO8859_13, 16},
		{"x-mac-cyrillic", "Mac Cyrillic (x-mac-cyrillic)", charmap.MacintoshCyrillic, 16},
	}
}

// damagedUTF8 joins the list where only some bytes are UTF-8. The file is then read as
// UTF-8, and each damaged cell gets a fault.
func damagedUTF8() codePage { return codePage{"utf-8", "UTF-8", unicode.UTF8, 0} }
