package search

import "strings"

// A vocabulary is what is known of words, whatever the entries are. It is immutable.
type vocabulary struct {
	actions  map[string][]string // that a word asks for, as an [Entry] has them
	synonyms map[string][]string // stems of words that APIs have for the same, by stem
	phrases  map[string]string   // the words that stand for what people say with several, or with letters
	silent   map[string]bool     // words that say nothing about what is asked for
}

// actionMark begins the word of an index that stands for an action. No word of a text
// has it.
const actionMark = "="

func newVocabulary() *vocabulary {
	v := &vocabulary{map[string][]string{}, map[string][]string{}, map[string]string{}, map[string]bool{}}
	for line := range strings.Lines(actionWords) {
		words := strings.Fields(line)
		for _, word := range words[1:] {
			v.actions[word] = append(v.actions[word], words[0])
		}
	}
	for line := range strings.Lines(synonyms) {
		v.alike(strings.Fields(line))
	}
	for line := range strings.Lines(phrases) {
		all, meaning, _ := strings.Cut(line, ":")
		for phrase := range strings.SplitSeq(all, ",") {
			v.phrases[strings.TrimSpace(phrase)] = strings.TrimSpace(meaning)
		}
	}
	for word := range strings.FieldsSeq(silent) {
		v.silent[word] = true
	}
	return v
}

// alike notes that words mean the same.
func (v *vocabulary) alike(words []string) {
	for i, word := range words {
		words[i] = stem(word)
	}
	for _, word := range words {
		for _, other := range words {
			if other != word {
				v.synonyms[word] = append(v.synonyms[word], other)
			}
		}
	}
}

// actionWords has, in each line, an action and what people say for it.
const actionWords = `create create add new make insert register open post publish start launch submit provision upload import append attach send
list list all every show see view find search browse enumerate which overview available existing get fetch many
get get show see view read fetch retrieve describe inspect look check details detail info information single download lookup status
update update edit change modify set alter adjust rename replace patch configure switch enable disable turn move mark put toggle
delete delete remove destroy erase drop discard purge clear revoke detach rid unassign`

// synonyms has, in each line, words for the same.
const synonyms = `run start launch trigger execute begin dispatch invoke
stop halt terminate shutdown end kill finish close
cancel abort revoke
restart reboot reset
pause suspend hold snooze mute
resume unpause reactivate continue
enable activate
disable deactivate
approve accept confirm authorize allow
reject decline deny dismiss refuse
send deliver dispatch post
delete remove destroy erase drop forget
create add new make
update edit modify change alter
rename name title
copy clone duplicate fork mirror replicate
restore recover undelete rollback revert undo
move transfer migrate reassign
permission access role grant privilege right policy
person user people member human somebody someone anybody colleague employee
moderator admin administrator owner promote
kick ban expel evict
picture photo image avatar
mail email
bill invoice
charge payment pay
money balance amount fund cash
payout withdraw
purchase order buy
customer client buyer
machine server instance vm host node droplet computer
folder directory
document file
comment note reply remark
message msg text sms
ticket issue
log logs
event activity history audit
metric statistic stats usage analytic report count
price cost rate
refund reimburse
discount coupon promotion
key token secret credential
tag label
group team
company organization business
schedule calendar rota
job task
done complete completed finished
setting config configuration preference option
hook webhook callback
phone telephone number
region location datacenter zone
country nation
search find query
upload import
download export
join enter
leave exit quit
follow subscribe watch
unfollow unsubscribe unwatch
star favorite favourite bookmark
block ban blacklist
merge combine
verify validate check test
resize scale
attach connect link
detach disconnect unlink
health alive healthy status ready ping uptime reachable
alert alarm warn warning notify notification
threshold limit quota
backup snapshot
secret password
certificate tls ssl
domain dns hostname
website site web
database table
storage disk volume bucket
traffic click visit hit view
visitor visit
vote poll ballot
call phone conference
voice audio sound
conversation channel chat room
plan subscription tier
nightly cron schedule
recur periodic schedule
goal objective target
column section
card task
url link address
shorten short
flush purge clear invalidate
cache cdn
crash fail error
output log
deploy deployment release rollout
merge request
environment env
wait queue line pending
shift override
wake page
escalate escalation
duty oncall
responder helper
postmortem review
owe due outstanding
earn revenue
tax vat
dispute chargeback
legal compliance
language locale translation
timezone time
birthday date
seat licence license
picture thumbnail
reaction emoji
sticker emoji
pin sticky
forward share
location where place venue position
moderation automod
invite invitation
bulk batch many multiple several
current now
latest recent last
default primary main`

// phrases has, in each line, ways to say something, and the words that APIs have for it.
const phrases = `log out, logout, sign out, log off: session logout delete
log in, login, sign in, log on: session login create
who am i, whoami, my own profile: current user me self info
on call: oncall
on duty: oncall
turn on, switch on: enable
turn off, switch off: disable
get rid of, throw out, throw away, kick out, take off, throw somebody out, throw someone out: remove
how many, number of: count
how much: amount
right now, at the moment: current
set up: create
shut down, bring down: stop
go back, roll back, bring back: rollback
look up, look at: get
sign up: register
hang up: end call
to do, todo: task
am i allowed, am i permitted, may i, can i: permission review allowed
k8s: kubernetes
pr, prs: pull request
mr, mrs: merge request
db, dbs: database
vm, vms: virtual machine
lb, lbs: load balancer
pwd, pw: password
acl, acls: access control
cve, cves: vulnerability
dm, dms: direct message dm
ns: namespace
pvc, pvcs: persistent volume claim
pv, pvs: persistent volume
msg, msgs: message
qty: quantity
mms: message media
2fa, mfa, otp: two factor authentication
sso: single sign on
ci: pipeline build`

// silent has words that are in what people ask for and say nothing of it.
const silent = `a an the this that these those my your our their its his her of to for in on at by with from as into onto about
is are was were be been am do does did can could would should will shall may might must have has had want need like please how i we you it me us they
them he she something anything everything somehow thing and or but if then so than too very just any some there here let lets get gets give when where who whom whose why what which
api tool tools function endpoint call use using via s t m re ll ve d also not no only now currently under over out up down off`
