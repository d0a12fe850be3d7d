package fit_test

import (
	"math/rand/v2"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// A script is what texts are made of.
type script struct {
	words []string
	plain bool // every verdict must be the browser's; otherwise it may also be Unknown
}

func scripts() map[string]script {
	return map[string]script{
		"Latin": {plain: true, words: strings.Fields(`Hello Ada Bartholomew Zoë José Łukasz Siân Jürgen Chloé Anne-Marie O’Neil d'Artagnan McDonald
			van der Wœrdt Þórður Ångström Straße Donaudampfschifffahrt AVATAR Tokyo WAVE To Yours, welcome! your order is on its way; "quoted" (almost)
			№5 €12.50 $1,299.00 50% 2026-11-30 12/31/2026 ada@example.com https://example.com/a/b?c=d e.g. i.e. A.B.C. co-operate well-known
			user_name 100,000 +49-40-1234567 & Co. Inc. fi ff ffi office affluent … — – don’t Ōta Ñandú İstanbul Ijsselmeer 3×4 «oui» „ja“ ¿qué? ¡hola! ! ? : » « x(y) a[0] b{c} say?yes 5-6 -7 A-1 é-1 é/b (a)(b) 10%(net) “so” … <br>`)},
		"Cyrillic": {plain: true, words: strings.Fields(`Привет Мария Александр Константинопольский, добро пожаловать! Ваш заказ №15 уже в пути. Київ
			Їжак Ґанок Щастя объявление эхо-сигнал «Ромашка» 12 500 руб. Ђорђе Љубица Џемпер Ёлка г. ул. д. 5 — и – не так ли? из-за`)},
		"Greek": {plain: true, words: strings.Fields(`Γειά σου Μαρία Αλέξανδρος Παπαδόπουλος, καλώς ήρθες! Η παραγγελία σας είναι στον δρόμο· Ελένη Θεσσαλονίκη
			ΐ ΰ Άννα Ωμέγα ψυχή «ναι» 12,50 € Δ. Χρ. έτσι; Ξάνθη Ρόδος — ό,τι`)},
		"Vietnamese": {plain: true, words: strings.Fields(`Xin chào Nguyễn Thị Ngọc Ánh, đơn hàng của bạn đang được giao! Trần Hưng Đạo Phượng Quỳnh
			Hồ Chí Minh Đà Nẵng Huế ngày 30/11/2026 giá 1.250.000₫ tiếng Việt rất đẹp ở Hà Nội Thủ Đức Bình Dương ưu đãi`)},
		"strange": {words: strings.Fields(`مرحبا محمد عبدالرحمن، طلبك في الطريق שלום דוד ירושלים ההזמנה บริษัทประชาสัมพันธ์ สวัสดีครับ ภาษาไทย 山田太郎様、ご注文は「東京」へ。
			コンピューター ありがとうございます 李雷 你好， 한국어 김민수 😀 👨‍👩‍👧‍👦 ❤️ 1️⃣ 🇩🇪 नमस्ते हिन्दी Ada Hello ☎ ★ ✓`)},
	}
}

// sentence is a text of a script, as sheets and templates have them.
func sentence(r *rand.Rand, s script) string {
	var b strings.Builder
	for i := range 1 + r.IntN(12) {
		word := s.words[r.IntN(len(s.words))]
		switch r.IntN(24) {
		case 0:
			word = norm.NFD.String(word)
		case 1:
			runes := []rune(word)
			at := r.IntN(len(runes) + 1)
			word = string(runes[:at]) + "\u00ad" + string(runes[at:])
		case 2:
			word = strings.ToUpper(word)
		}
		if i > 0 {
			b.WriteString([]string{" ", " ", " ", " ", " ", " ", " ", " ", " ", " ", "  ", "\u00a0", "\n", "-", "/"}[r.IntN(15)])
		}
		b.WriteString(word)
	}
	b.WriteString([]string{"", "", "", " ", "   ", "\n", "!"}[r.IntN(7)])
	return b.String()
}
