package links_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/links"
)

const (
	iPhone  = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
	android = "Mozilla/5.0 (Linux; Android 13; SM-A536E Build/TP1A.220624.014; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/124.0.6367.82 Mobile Safari/537.36"
)

// inAppBrowsers are agents of the browsers inside social apps, with the family
// each is reported under.
func inAppBrowsers() []struct{ family, agent string } {
	return []struct{ family, agent string }{
		{"Instagram", iPhone + " Instagram 327.1.5.30.87 (iPhone14,5; iOS 17_4_1; en_IN; en; scale=3.00; 1170x2532; 588519420)"},
		{"Instagram", android + " Instagram 326.0.0.42.90 Android (33/13; 450dpi; 1080x2177; samsung; SM-A536E; a53x; s5e8825; hi_IN; 586902231)"},
		{"Instagram", "Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Instagram 300.0.0.8.108 (iPad13,1; iPadOS 16_6; de_DE; de; scale=2.00; 1640x2360; 500160596) NW/3"},
		{"Instagram", "Instagram 10.26.0 (iPhone7,2; iOS 10_1_1; en_US; en-US; scale=2.00; gamut=normal; 750x1334) AppleWebKit/420+"},
		{"Instagram", "Mozilla/5.0 (Linux; Android 15; CPH2557 Build/AP3A.240617.008; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/142.0.7444.142 Mobile Safari/537.36 Instagram 406.0.0.58.159 Android (35/15; 480dpi; 1080x2400; OPPO; CPH2557; OP573DL1; mt6833; en_MY; 822918295; IABMV/1) NV/1"},
		{"Facebook", iPhone + " [FBAN/FBIOS;FBAV/459.0.0.31.104;FBBV/589087921;FBDV/iPhone14,5;FBMD/iPhone;FBSN/iOS;FBSV/17.4.1;FBSS/3;FBID/phone;FBLC/en_GB;FBOP/5;FBRV/591311421]"},
		{"Facebook", android + " [FB_IAB/FB4A;FBAV/459.0.0.41.86;]"},
		{"Facebook", android + " [FBAN/FB4A;FBAV/459.0.0.41.86;FBPN/com.facebook.katana;FBLC/en_GB;FBBV/587531113;FBCR/Orange Botswana;FBMF/samsung;FBDV/SM-A536E;FBSV/13;]"},
		{"Facebook", android + " [FB_IAB/FB4A;FBAV/402.1.0.24.84;FBCR/Cubot;]"},
		{"Facebook", android + " MetaIAB Facebook"},
		{"Facebook", iPhone + " [FBAN/FBIOS;FBAV/300.0.0.1.1;FBCR/Spider Mobile;FBDV/iPhone12,1]"},
		{"Messenger", iPhone + " [FBAN/MessengerForiOS;FBAV/452.0.0.34.108;FBBV/588009171;FBDV/iPhone13,2;FBMD/iPhone;FBSN/iOS;FBSV/17.4.1;FBLC/fr_FR]"},
		{"Messenger", android + " [FB_IAB/MESSENGER;FBAV/452.0.0.47.109;]"},
		{"Messenger", android + " [FB_IAB/Orca-Android;FBAV/400.0.0.9.115;]"},
		{"Threads", iPhone + " Barcelona 328.0.0.23.107 (iPhone15,2; iOS 17_4_1; en_US; en; scale=3.00; 1179x2556; 590013921)"},
		{"Threads", android + " Barcelona 326.0.0.42.90 Android (33/13; 450dpi; 1080x2177; samsung; SM-A536E; a53x; s5e8825; en_IN; 586902231)"},
		{"TikTok", iPhone + " musical_ly_34.2.0 JsSdk/2.0 NetType/WIFI Channel/App Store ByteLocale/en Region/US RevealType/Dialog isDarkMode/0 WKWebView/1 BytedanceWebview/d8a21c6 FalconTag/9A7"},
		{"TikTok", android + " trill_340203 JsSdk/1.0 NetType/4G Channel/googleplay AppName/trill app_version/34.2.3 ByteLocale/id-ID ByteFullLocale/id-ID Region/ID BytedanceWebview/d8a21c6"},
		{"TikTok", android + " musical_ly_2023402030 JsSdk/1.0 NetType/WIFI Channel/googleplay AppName/musical_ly app_version/34.2.3 ByteLocale/en Region/GB BytedanceWebview/d8a21c6"},
		{"TikTok", iPhone + " BytedanceWebview/d8a21c6"},
		{"Douyin", iPhone + " aweme_29.2.0 JsSdk/2.0 NetType/WIFI Channel/App Store"},
		{"Snapchat", iPhone + " Snapchat/12.80.0.44 (like Safari/8617.2.4.10.8, panda)"},
		{"Snapchat", android + " Snapchat/12.81.0.42 (SM-A536E; Android 13#A536EXXU9CWK1#33; gzip; )"},
		{"Pinterest", iPhone + " [Pinterest/iOS]"},
		{"Pinterest", android + " [Pinterest/Android]"},
		{"LINE", iPhone + " Safari Line/14.5.0"},
		{"LINE", android + " Line/14.5.1/IAB"},
		{"WeChat", iPhone + " MicroMessenger/8.0.48(0x1800302d) NetType/4G Language/zh_CN"},
		{"WeChat", android + " MMWEBID/4210 MicroMessenger/8.0.47.2560(0x28002F30) WeChat/arm64 Weixin NetType/WIFI Language/zh_CN ABI/arm64"},
		{"Twitter", iPhone + " Twitter for iPhone/10.36"},
		{"Twitter", android + " TwitterAndroid"},
		{"LinkedIn", iPhone + " [LinkedInApp]/9.29.5714"},
		{"LinkedIn", android + " [LinkedInApp]/4.1.934"},
		{"Reddit", iPhone + " Reddit/Version 2024.15.0/Build 614949/iOS Version 17.4.1 (Build 21E236)"},
		{"Telegram", android + " Telegram-Android/10.11.1 (Samsung SM-A536E; Android 13; SDK 33; AVERAGE)"},
		{"WhatsApp", android + " WhatsApp/2.24.8.85"},
		{"KakaoTalk", iPhone + " KAKAOTALK/10.7.5 (INAPP)"},
		{"KakaoTalk", android + ";KAKAOTALK 2410750"},
		{"Naver", iPhone + " NAVER(inapp; search; 2010; 12.5.3; 14PRO)"},
		{"Daum", android + " DaumApps/5.8.2 DaumDevice/mobile"},
		{"Google app", iPhone[:len(iPhone)-len("Mobile/15E148")] + "GSA/313.0.625197131 Mobile/15E148 Safari/604.1"},
		{"Google app", android + " GSA/15.15.37.28.arm64"},
		{"Discord", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) discord/1.0.9042 Chrome/120.0.6099.291 Electron/28.2.10 Safari/537.36"},
		{"Discord", iPhone + " Discord/223.0"},
		{"Viber", android + " Viber/22.3.0.2"},
		{"Zalo", iPhone + " Zalo iOS/496 ZaloTheme/light ZaloLanguage/vn"},
		{"Zalo", android + " Zalo android/12050713 ZaloTheme/light ZaloLanguage/vi"},
		{"VK", android + " VKAndroidApp/8.71-20423"},
		{"QQ", iPhone + " QQ/9.0.35.614 V1_IPH_SQ_9.0.35_1_APP_A Pixel/1170 MiniAppEnable SimpleUISwitch/0"},
		{"Weibo", iPhone + " Weibo (iPhone14,5__weibo__14.4.2__iphone__os17.4.1)"},
		{"YouTube", "com.google.ios.youtube/19.16.3 (iPhone14,5; U; CPU iOS 17_4_1 like Mac OS X; en_GB)"},
		{"Tumblr", iPhone + " Tumblr/34.2.0"},
		{"Xiaohongshu", iPhone + " XHSMiniApp xiaohongshu/8.33"},
		{"Baidu", android + " baiduboxapp/13.57.0.10 (Baidu; P1 13)"},
		{"Kwai", android + " Kwai/10.4.20.535201"},
		{"Slack", android + " Slack_SSB/4.37"},
	}
}

// browsers are ordinary browsers of desktops, phones and other devices.
func browsers() []struct{ family, agent string } {
	return []struct{ family, agent string }{
		{"Chrome", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36"},
		{"Chrome", "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Mobile Safari/537.36"},
		{"Chrome", "Mozilla/5.0 (Linux; Android 11; CUBOT_NOTE_20) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/96.0.4664.45 Mobile Safari/537.36"},
		{"Chrome", "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/123.0.0.0 Safari/537.36"},
		{"Chrome", "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/124.0.6367.68 Mobile/15E148 Safari/604.1"},
		{"Safari", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4.1 Safari/605.1.15"},
		{"Safari", "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4.1 Mobile/15E148 Safari/604.1"},
		{"Firefox", "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0"},
		{"Firefox", "Mozilla/5.0 (Android 13; Mobile; rv:125.0) Gecko/125.0 Firefox/125.0"},
		{"Firefox", "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/125.0 Mobile/15E148 Safari/605.1.15"},
		{"Edge", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36 Edg/124.0.2478.51"},
		{"Opera", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/123.0.0.0 Safari/537.36 OPR/109.0.0.0"},
		{"Opera", "Opera/9.80 (J2ME/MIDP; Opera Mini/9.80 (S60; SymbOS; Opera Mobi/23.348; U; en) Presto/2.5.25 Version/10.54"},
		{"Samsung Internet", "Mozilla/5.0 (Linux; Android 13; SAMSUNG SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/24.0 Chrome/117.0.0.0 Mobile Safari/537.36"},
		{"UC Browser", "Mozilla/5.0 (Linux; U; Android 12; en-US; RMX3263 Build/SP1A.210812.016) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/100.0.4896.58 UCBrowser/13.6.5.1315 Mobile Safari/537.36"},
		{"UC Browser", "UCWEB/2.0 (MIDP-2.0; U; Adr 4.4.2; en-US; SM-G7102) U2/1.0.0 UCBrowser/10.9.0.946 U2/1.0.0 Mobile"},
		{"Mi Browser", "Mozilla/5.0 (Linux; U; Android 13; en-in; 2201116SI Build/TKQ1.221114.001) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/100.0.4896.127 Mobile Safari/537.36 XiaoMi/MiuiBrowser/14.10.1.1-gn"},
		{"Huawei Browser", "Mozilla/5.0 (Linux; Android 10; HarmonyOS; ELS-NX9; HMSCore 6.13.0.321) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/99.0.4844.88 HuaweiBrowser/14.0.4.300 Mobile Safari/537.36"},
		{"Yandex Browser", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/122.0.0.0 YaBrowser/24.4.0.0 Safari/537.36"},
		{"DuckDuckGo", "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4.1 Mobile/15E148 DuckDuckGo/7 Safari/605.1.15"},
		{"Silk", "Mozilla/5.0 (Linux; Android 9; KFONWI) AppleWebKit/537.36 (KHTML, like Gecko) Silk/120.4.1 like Chrome/120.0.6099.230 Safari/537.36"},
		{"Internet Explorer", "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; .NET4.0C; .NET4.0E; .NET CLR 2.0.50727; .NET CLR 3.0.30729; rv:11.0) like Gecko"},
		{"Internet Explorer", "Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.2; Trident/6.0)"},
		{"Android WebView", android},
		{"Android Browser", "Mozilla/5.0 (Linux; U; Android 4.4.2; en-ai; GT-I9505 Build/KOT49H) AppleWebKit/534.30 (KHTML, like Gecko) Version/4.0 Mobile Safari/534.30"},
		{"iOS WebView", iPhone},
		{"Vivaldi", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36 Vivaldi/6.7"},
	}
}

func TestClassify_InAppBrowsersAreHuman(t *testing.T) {
	require.GreaterOrEqual(t, len(inAppBrowsers()), 40)
	for _, c := range inAppBrowsers() {
		class, reason := links.Classify(links.Hit{Method: "GET", UserAgent: c.agent})
		require.Equal(t, links.Human, class, "%s: %s", reason, c.agent)
		require.Empty(t, reason)
		require.Equal(t, c.family, links.AgentFamily(c.agent), c.agent)
	}
}

func TestClassify_OrdinaryBrowsersAreHuman(t *testing.T) {
	for _, c := range browsers() {
		class, reason := links.Classify(links.Hit{Method: "GET", UserAgent: c.agent})
		require.Equal(t, links.Human, class, "%s: %s", reason, c.agent)
		require.Empty(t, reason)
		require.Equal(t, c.family, links.AgentFamily(c.agent), c.agent)
	}
}
