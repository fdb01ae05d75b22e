package ident

import "strings"

// offensiveStems lists words that no generated code may contain, as stems in
// lower-case ASCII. A stem of three letters refuses about 0.05 % of random
// codes, so only those are listed that people do read as the word.
const offensiveStems = "" +
	// English
	"anal anus arse ass bastard bitch blowj bollock boob bugger chink clit cock coon crap cuck cum cunt " +
	"damn dick dildo douche dyke fag fck fuck fuk gook handj hentai homo incest isis jerkoff jihad jizz " +
	"kike kkk kys milf molest murder nazi negro nigg nigr orgy paki pedo penis phuck piss porn prick pussy " +
	"rape rapist retard sex shit skank slut sodom spic suicid tard tit tranny turd twat vagin wank whore wtf xxx " +
	// German
	"arsch fick fotz hitler hure kacke kanake missgeb nutte scheis schlampe schwanz schwuchtel titte wichs " +
	// French
	"batard bite bordel branl chatte conard connard couill cul encul fdp merde nique ntm petasse pute putain salop " +
	// Spanish
	"cabron chinga cojon cono culo follar gilipo joder maric mierda pendej pinga polla puta puto verga zorra " +
	// Portuguese
	"bicha boceta buceta caralh cuzao foda merda piroca porra pqp rola veado viado vsf xoxota " +
	// Italian
	"bocchin cazz coglion fica figa finocch frocio merd minchia mignott porco puttan ricchion stronz troia vaffan zoccol " +
	// Dutch
	"flikker godver hoer kanker klootz klote kut lul mongool neuk pik tering tyfus " +
	// Polish
	"chuj ciota cipa cwel debil dupa huj jeb kurw kutas pedal pierdol pizd skurw spierd szmat " +
	// Hindi, Hinglish
	"behenc bhadw bhenc bhosd bsdk chakka chod chut chuti gaand gandu haram hijra jhant kamina kutta kutti " +
	"lauda lavda lawda lund madarc randi tatti " +
	// Turkish
	"amcik amina amk gavat gotver ibne kahpe orospu pezeven sik siktir yarak yarrak yavsak " +
	// Russian
	"blyad blyat dolboe ebal ebat gandon govno huesos hui huy mudak nahui pidar pidor shlyuh suka xuy yeban zalup " +
	// Arabic
	"khara kuss sharmut zebi " +
	// Scandinavian, Romanian, Hungarian
	"bajs fitta geci hora knull kuk muie pula"

// Offensive reports whether a code contains an offensive word of one of a
// dozen languages, whatever its case, with digits read as the letters they look
// like (0 as o, 1 as i or l, 3 e, 4 a, 5 s, 7 t, 8 b, $ s, @ a) and with
// hyphens and underscores left out. It is meant for generated codes, where
// a false alarm costs one more draw: of random codes it refuses fewer than one in
// a hundred. It is no judge of what people write. Words outside ASCII are not
// looked for. The cost grows with len(text) times the fixed list.
func Offensive(text string) bool {
	letters := make([]byte, 0, 32)
	for i := range len(text) {
		if c := text[i]; c != '-' && c != '_' {
			letters = append(letters, unleet(c))
		}
	}
	for stem := range strings.SplitSeq(offensiveStems, " ") {
		for start := 0; start+len(stem) <= len(letters); start++ {
			if reads(letters[start:], stem) {
				return true
			}
		}
	}
	return false
}

// OffensiveWord reports whether one of the words of a code that a person chose,
// between its hyphens and underscores, is an offensive word by itself. It lets
// "classic" and "analytics" pass, which [Offensive] would not.
func OffensiveWord(text string) bool {
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '-' || r == '_' }) {
		// A number behind a word, as in a year, leaves it the word it is.
		if isStem(word) || isStem(strings.TrimRight(word, "0123456789")) {
			return true
		}
	}
	return false
}

// isStem reports whether a word is one of the stems, by the same reading as
// Offensive.
func isStem(word string) bool {
	letters := make([]byte, len(word))
	for i := range len(word) {
		letters[i] = unleet(word[i])
	}
	for stem := range strings.SplitSeq(offensiveStems, " ") {
		if len(stem) == len(letters) && reads(letters, stem) {
			return true
		}
	}
	return false
}

// reads reports whether letters begin with the stem. A 1 was left standing, as
// it may be either of two letters.
func reads(letters []byte, stem string) bool {
	for i := range len(stem) {
		if c := letters[i]; c != stem[i] && (c != '1' || stem[i] != 'i' && stem[i] != 'l') {
			return false
		}
	}
	return true
}

func unleet(c byte) byte {
	switch c {
	case '0':
		return 'o'
	case '3':
		return 'e'
	case '4', '@':
		return 'a'
	case '5', '$':
		return 's'
	case '7':
		return 't'
	case '8':
		return 'b'
	}
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
