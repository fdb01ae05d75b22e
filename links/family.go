package links

import "strings"

// Families that stand for many programs.
const (
	unknownFamily = "unknown"
	otherBot      = "Other bot"
)

// AgentFamily returns a short name of the program behind a user agent:
// "Instagram", "Chrome", "Googlebot", "Other bot", or "unknown". It is one of a
// fixed set of ASCII names, never a part of the agent, so that nothing personal
// is stored and reports can group by it.
func AgentFamily(userAgent string) string {
	class, _ := classifyAgent(userAgent)
	if len(userAgent) > MaxAgent {
		return otherBot
	}
	agent := strings.ToLower(userAgent)
	if class == Human {
		return firstFamily(agent, browserFamilies, unknownFamily)
	}
	if strings.TrimSpace(agent) == "" {
		return unknownFamily
	}
	return firstFamily(agent, programFamilies, otherBot)
}

// firstFamily returns the name beside the first mark that the agent contains.
func firstFamily(agent, list, otherwise string) string {
	for line := range strings.SplitSeq(list, "\n") {
		mark, name, _ := strings.Cut(line, "=")
		if strings.Contains(agent, mark) {
			return name
		}
	}
	return otherwise
}

// browserFamilies gives marks of apps and browsers with their names. The first
// line that fits counts, so apps stand before the browsers they are built on,
// and those before the browsers that they claim to be.
const browserFamilies = `micromessenger=WeChat
barcelona=Threads
metaiab facebook=Facebook
instagram=Instagram
fban/messenger=Messenger
fb_iab/messenger=Messenger
fb_iab/orca=Messenger
messenger=Messenger
fban/=Facebook
fbav/=Facebook
fb_iab=Facebook
musical_ly=TikTok
tiktok=TikTok
trill_=TikTok
bytedancewebview=TikTok
bytelocale=TikTok
aweme=Douyin
snapchat=Snapchat
pinterest=Pinterest
 line/=LINE
wechat=WeChat
twitter=Twitter
linkedinapp=LinkedIn
reddit=Reddit
telegram=Telegram
whatsapp=WhatsApp
kakaotalk=KakaoTalk
kakaostory=KakaoStory
naver(=Naver
daumapps=Daum
discord/=Discord
viber=Viber
zalo=Zalo
vkandroid=VK
vk_app=VK
vkontakte=VK
mqqbrowser=QQ Browser
qq/=QQ
weibo=Weibo
xiaohongshu=Xiaohongshu
xhsminiapp=Xiaohongshu
alipayclient=Alipay
baiduboxapp=Baidu
tumblr=Tumblr
quora=Quora
youtube=YouTube
twitch=Twitch
sharechat=ShareChat
likee=Likee
kwai=Kwai
slack_=Slack
teams/=Teams
gsa/=Google app
ucbrowser=UC Browser
ucweb=UC Browser
samsungbrowser=Samsung Internet
miuibrowser=Mi Browser
huaweibrowser=Huawei Browser
heytapbrowser=HeyTap Browser
vivobrowser=Vivo Browser
yabrowser=Yandex Browser
vivaldi=Vivaldi
duckduckgo=DuckDuckGo
ddg/=DuckDuckGo
brave=Brave
silk/=Silk
whale/=Whale
opr/=Opera
opt/=Opera
opios=Opera
opera=Opera
edga/=Edge
edgios/=Edge
edg/=Edge
edge/=Edge
fxios=Firefox
focus/=Firefox
firefox=Firefox
crios=Chrome
; wv)=Android WebView
chromium=Chrome
chrome=Chrome
trident=Internet Explorer
msie=Internet Explorer
android=Android Browser
safari=Safari
iphone=iOS WebView
ipad=iOS WebView
applewebkit=WebKit
gecko=Gecko`

// programFamilies gives marks of crawlers, preview programs and libraries.
const programFamilies = `adsbot-google=Googlebot
googlebot=Googlebot
mediapartners=Googlebot
google=Google
bingpreview=Bing
bingbot=Bing
adidxbot=Bing
applebot=Applebot
yandex=Yandex
baiduspider=Baidu
duckduckbot=DuckDuckBot
yahoo! slurp=Yahoo
petalbot=PetalBot
bytespider=Bytespider
amazonbot=Amazonbot
facebookexternalhit=Facebook
facebot=Facebook
meta-external=Meta
whatsapp=WhatsApp
twitterbot=Twitter
telegrambot=Telegram
slack=Slack
discordbot=Discord
linkedinbot=LinkedIn
pinterest=Pinterest
skype=Skype
viber=Viber
redditbot=Reddit
gptbot=OpenAI
chatgpt=OpenAI
oai-search=OpenAI
claude=Anthropic
anthropic=Anthropic
perplexity=Perplexity
ahrefs=Ahrefs
semrush=Semrush
mj12bot=Majestic
dotbot=Moz
uptimerobot=UptimeRobot
pingdom=Pingdom
headlesschrome=Headless Chrome
lighthouse=Lighthouse
curl=curl
wget=Wget
python=Python
go-http-client=Go
okhttp=OkHttp
axios=axios
java=Java
apache-httpclient=Java
ruby=Ruby
perl=Perl
libwww=Perl
php=PHP
dalvik=Android
cfnetwork=iOS`
