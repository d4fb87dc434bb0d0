"""Words too common to say anything, of the languages most often seen in chats."""

LISTS = {
    "en": """a about after again all also am an and any are aren't as at be because been before
        being but by can can't could couldn't did didn't do does doesn't doing don't down for from
        get go going got had has have having he he's her here hers him his how i i'd i'll i'm i've
        if im in into is isn't it it's its just let's like me more most much my no not now of off
        oh ok okay on one only or our out over really said same say see she she's should so some
        such than that that's the their them then there there's these they they're this those
        through to too u under until up ur us very was wasn't we we're were what what's when where
        which while who why will with won't would yeah yes you you're your yours""",
    "es": """al algo como con cual cuando de del desde donde el ella ellos en era es esa ese eso
        esta estaba este esto estoy fue ha hay la las le les lo los mas me mi mis muy más mí nada ni
        no nos o para pero por porque que qué quien se ser si sin sobre soy su sus sí también te
        tiene todo tu tus tú un una uno unos y ya yo él""",
    "pt": """ao aos as com como da das de dela dele do dos ela ele eles em entre era essa esse esta
        este eu foi foram há isso isto já lhe mais mas me meu minha muito na nas nem no nos não nós
        o os ou para pela pelo por qual quando que quem se sem ser seu sua são só também te tem
        tu tua um uma você vocês à às é""",
    "fr": """ai alors au aussi aux avec avoir bien c'est ce ces cet cette comme d'un d'une dans de
        des du elle elles en es est et eu il ils j'ai je la le les leur lui ma mais me mes moi mon
        ne nos notre nous on ont ou où par pas plus pour qu'il que qui sa se ses si son sont sur ta
        te tes toi ton tout tu un une vos votre vous y à été être""",
    "de": """aber als am an auch auf aus bei bin bist da das dass dein dem den der des dich die
        dir doch du ein eine einem einen einer er es für hab habe haben hat ich ihm ihn ihr im in
        ist ja kann kein keine man mein mich mir mit nach nein nicht noch nur oder schon sein sich
        sie sind so und uns vom von vor war was wenn wer wie wir wird zu zum zur über""",
    "it": """a ad ai al alla anche c'è che chi ci come con cosa così da dal del della di e ed era
        gli ha hai ho i il in io la le lei lo lui ma me mi mia mio molto nel nella no noi non o per
        perché più quando quello questa questo se sei si sono su sua suo ti tu tutto un una uno va
        voi è""",
    "id": """ada aja aku anda apa atau bisa dan dari dengan di dia gak ini itu juga kak kalau kalo
        kamu karena ke kita lagi mau nya saya sama sudah tidak untuk ya yang""",
    "tr": """ama ben bir biz bu da daha de değil diye en gibi hem her için ile kadar ki mi mu mı ne
        o olan olarak sen siz ve veya ya çok şu""",
    "ru": """а без бы был была было быть в вам вас во вот все вы да для до его ее если есть еще же
        за и из или им их к как ко когда кто ли меня мне мы на не нет но ну о он она они от по при
        с со так там то только ты у уже что это я""",
    "ar": """إلى على عن في كل لا ما من هذا هذه هو هي و يا أن أنا انا انت مع""",
}
STOP_WORDS = frozenset(word.casefold() for words in LISTS.values() for word in words.split())
