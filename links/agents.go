package links

// The lists below hold marks of agents in lower case, one a line. They are
// constants and not slices, so that nothing in the package can change.

// previewMarks are programs that fetch a page to show a card of it in a chat
// or feed.
const previewMarks = `facebookexternalhit
facebookcatalog
facebot
meta-externalfetcher
meta-externalhit
twitterbot
telegrambot
slackbot
slack-imgproxy
discordbot
linkedinbot
pinterestbot
skypeuripreview
redditbot
embedly
iframely
vkshare
viberbot
bitlybot
mastodon/
misskey/
pleroma
bluesky cardyb
onebox
linkpreview
link preview
link-preview
urlpreview
urlresolver
kakaotalk-scrap
snap url preview
microsoftpreview
bingpreview
google web preview
flipboardproxy
quora link preview
nuzzel
whatsapp_preview
steamchaturllookup
signal-desktop-preview
metadataretriever`

// messengerFetchers are messengers whose preview program begins with the name.
const messengerFetchers = `whatsapp
viber
tumblr/
bluesky/
line-poker
skype
mattermost
rocket.chat
synapse
cardyb
iframe.ly`

// disguisedMarks end what a program says of itself where it goes on to name an
// app as well. Carriers and devices in an app's agent may hold any word, so
// nothing shorter counts there.
const disguisedMarks = `bot/
spider/
crawler
+http
(http
headless
lighthouse`

// crawlerMarks are what crawlers call themselves.
const crawlerMarks = `bot
spider
crawl
xrawler
slurp
scrap
archive
mediapartners
-externalagent
-externalads
googleother
google-inspectiontool
google-read-aloud
google-site-verification
google-agent
googleagent-
google-safety
google favicon
google-adwords
google-ads-
google-extended
google-physicalweb
googleassociationservice
googleimageproxy
playstore-google
yandexmetrika
daumoa
ia_archiver
inktomi
perplexity-user
claude-user
chatgpt-user
manus-user
feedfetcher
feedparser
subscribers
harvest
indexer
sitemap
sogou web
360spider
teoma
wordpress/
zgrab
masscan
nikto
nmap
acunetix
openvas
sqlmap
nuclei
nessus
zmeu`

// automationMarks are browsers that a program drives.
const automationMarks = `headless
phantomjs
slimerjs
puppeteer
playwright
selenium
webdriver
cypress/
electron-fetch
lighthouse
pagespeed
speed insights
gtmetrix
webpagetest
ptst/
synthetic
pingdom
datadog
splash version
htmlunit
jsdom
prerender`

// httpLibraries are the defaults of programming libraries and command lines.
const httpLibraries = `curl
wget
python
go-http-client
okhttp
java/
(java)
apache-httpclient
httpclient
http_client
http client
asynchttp
axios
node-fetch
undici
libwww
lwp
ruby
perl
php
guzzle
postman
insomnia
httpie
aiohttp
scrapy
dalvik/
cfnetwork
reqwest
jersey
winhttp
urllib
restsharp
indy library
unirest
faraday
mechanize`

// toolMarks are what checkers, monitors and converters call themselves. Names
// of apps may hold such words, so they do not count in an in-app browser.
const toolMarks = `preview
prefetch
fetch
scan
check
monitor
uptime
audit
valida
verif
screenshot
thumbnail
favicon
proxy
optimizer
inspect
watcher
watchtowr
retriever
resolver
collector
extract
parser
analyz
detector
downloader
httrack
webcopy
sitesucker
siteimprove
webcapture
http_get
httpagent
-agent
 agent
agent/
nitro
securityheaders
survey
research
visitor scan
webhook
archiver
linktiger
link sleuth
generator
discovery
appinsights
outbrain`

// compatibleBrowsers are the browsers that call themselves compatible; all
// others that do are programs.
const compatibleBrowsers = `msie
trident
konqueror
opera
iemobile`

// siteEndings end the name of a web site.
const siteEndings = `.com
.net
.org
.io
.ai`

// otherBrowsers are the browsers that do not call themselves Mozilla: old
// ones and those that render on a server.
const otherBrowsers = `opera/
opera 
ucweb/
nokia
samsung-
sonyericsson
blackberry
lg-
lg/
mot-
jiophone
links (
lynx/
elinks
w3m/
dillo/
netsurf/`

// inAppMarks are apps whose built-in browser adds a name to the agent.
const inAppMarks = `instagram
metaiab
barcelona
[fban
[fb_iab
fban/
fbav/
fb_iab
fbios
messenger
musical_ly
tiktok
trill_
bytedancewebview
bytelocale
aweme
snapchat
pinterest/ios
pinterest/android
[pinterest
 line/
micromessenger
wechat
twitter for
twitterandroid
linkedinapp
reddit/
redditapp
telegram-android
telegram/
kakaotalk
kakaostory
naver(
daumapps
gsa/
discord/
viber/
zalo
vkandroid
vk_app
vkontakte
okapp
qq/
mqqbrowser
weibo
youtube
tumblr/
xiaohongshu
xhsminiapp
alipayclient
baiduboxapp
quora
medium/
flipboard/
sharechat
moj/
likee
bigo
kwai
twitch
spotify/
whatsapp
shopee
lazada
slack_
teams/
ucbrowser
yahoomobile`
