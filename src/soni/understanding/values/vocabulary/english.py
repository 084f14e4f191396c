"""English."""

from soni.understanding.values.vocabulary.base import Vocabulary, names, numbered, table, words

ENGLISH = Vocabulary(
    code="en",
    decimal=".",
    yes=words("""
        yes | yeah | yea | yep | yup | ya | y | yess | yes sir | yes ma'am | sure | sure thing | for sure | certainly | definitely
        absolutely | of course | ok | okay | k | okey | okey dokey | alright | all right | right | correct | that's right
        that is right | that's correct | that is correct | exactly | indeed | affirmative | true | confirm | confirmed | i confirm
        i do | i am | i agree | agreed | agree | go ahead | go for it | do it | do that | do so | let's do it | let's do that
        let's go | please do | proceed | carry on | continue | sounds good | sounds great | sounds fine | looks good | looks right
        looks correct | fine | that's fine | that is fine | good | great | perfect | excellent | that works | works for me
        fine by me | fine with me | i'm sure | i am sure | send it | book it | make it so | by all means | why not | it is
        that's it | that is it | that's the one | i would | i'd love to | i'd like that | i would like that | uh huh | uh-huh | mhm
        i guess so | i suppose so | i think so | i believe so | i guess yes
        mm hmm | aye | yes i do | yes it is | yes i am | cool | good to go | you can | you may | you bet | it's correct | it's right
        it's fine | it is correct | it is right | all good | all correct | no problem | no worries | not a problem | without a doubt
        no doubt | no objection | i would love to | thats right | thats correct | thats fine | sounds about right | totally | roger
        roger that | accept | accepted | i accept | approve | approved
    """),
    no=words("""
        no | nope | nah | nay | n | noo | nooo | no way | not now | not yet | not really | not today | not at all | never | don't
        do not | don't do it | don't do that | do not do it | do not do that | don't send it | don't book it | i don't | i do not
        i'm not | i am not | i don't want to | i don't want that | i don't want it | i do not want to | i'd rather not
        i would rather not | rather not | i don't think so | i do not think so | please don't | please do not | negative | wrong
        incorrect | that's wrong | that is wrong | that's not right | that is not right | that's not correct | that is not correct
        not correct | not right | it's wrong | it is wrong | it isn't | it is not | it's not | that's not it | it's not correct
        it's not right | no thanks | no thank you | no sir | no ma'am | no need | not this time | certainly not | definitely not
        absolutely not | of course not | false | no i don't | no i do not | hell no | disagree | i disagree | i decline | decline
        please no | not interested | don't bother | don't proceed | do not proceed | don't confirm | do not confirm | dont | i dont
        dont do it | i dont want to | i dont think so | it isnt | i wouldn't | i would not | you can't | you cannot | maybe later
        later | another time | not ok | not okay | that's incorrect | that is incorrect | i don't agree | i do not agree
        do not send it | do not book it | refuse | i refuse | reject | rejected | not sure about that
    """),
    rhetorical=words("why not"),
    soft=words("""
        please | pls | plz | thanks | thank you | thx | cheers | uhm | uhmm | um | umm | uh | er | erm | hm | hmm | hmmm | mm | well
        so | oh | ah | now | then | just | and | very much | a lot | sir | madam | mate | man | dude | hey | hi | hello | right now
        actually | i think | i guess | i suppose | i believe | that | it | to me | all | for now | really | to be honest | lol
        let me see | let me think | let's see | haha | again | with that | with it | about it | about that | today | sorry | anyway
    """),
    numbers=table("""
        a couple 2 | a couple of 2 | couple 2 | couple of 2 | a dozen 12 | dozen 12 | half a dozen 6 | a pair 2 | a pair of 2
        nought 0
    """),
    scales=table("""
        hundred 100 | thousand 1000 | million 1000000 | billion 1000000000 | trillion 1000000000000 | grand 1000 | dozen 12
        hundreds 100 | thousands 1000 | millions 1000000 | mn 1000000 | bn 1000000000 | k 1000 | m 1000000
    """),
    one=words("a | an | one | another"),
    minus=words("minus | negative"),
    half=words("half an | half a | a half | half"),
    and_a_half=words("and a half | and one half"),
    pronouns=words("one"),
    before_number=words("""
        have | has | having | need | needs | want | wants | book | reserve | get | buy | order | add | send | of | than | least
        most | number | are | be | being | was | were | all | not | into | than | or | plus | people | guests | up | got | see
        bring | bringing | one | table
    """),
    after_pronoun=words("""
        of | is | that | which | with | in | from | on | at | for | to | please | has | was | would | who | as | if | or | i | you
        we | it | thing | day | more | moment | sec
    """),
    vague=words("a few | few | several | some | many | a couple of | couple of | a couple | couple"),
    range_to=words("to | till | until | through | up to"),
    either_or=words("or"),
    between=words("between"),
    persons=words("""
        people | persons | passengers | guests | travellers | travelers | adults | diners | visitors | attendees | participants
        of you
    """),
    of_us=words("of us"),
    alone=words("""
        just me | only me | just myself | only myself | me alone | just for me | only for me | me myself | by myself | on my own
    """),
    me=words("i | me | myself"),
    my=words("my | a"),
    companions=words("""
        wife | husband | partner | girlfriend | boyfriend | spouse | fiancee | fiance | friend | colleague | mother | father | mum
        mom | dad | sister | brother | son | daughter | boss | better half
    """),
    ordinals=table("""
        first 1 | second 2 | third 3 | fourth 4 | fifth 5 | sixth 6 | seventh 7 | eighth 8 | ninth 9 | tenth 10 | eleventh 11
        twelfth 12 | thirteenth 13 | fourteenth 14 | fifteenth 15 | sixteenth 16 | seventeenth 17 | eighteenth 18 | nineteenth 19
        twentieth 20 | twenty-first 21 | twenty first 21 | twenty-second 22 | twenty second 22 | twenty-third 23 | twenty third 23
        twenty-fourth 24 | twenty fourth 24 | twenty-fifth 25 | twenty fifth 25 | twenty-sixth 26 | twenty sixth 26
        twenty-seventh 27 | twenty seventh 27 | twenty-eighth 28 | twenty eighth 28 | twenty-ninth 29 | twenty ninth 29
        thirtieth 30 | thirty-first 31 | thirty first 31
    """),
    ordinal_suffixes=words("st | nd | rd | th"),
    last=words("last | final | bottom"),
    option=words("option | number | choice | item | no. | #"),
    one_of=words("one | option | choice | please"),
    the=words("the | my | a | an"),
    month_names=numbered("""
        january jan | february feb | march mar | april apr | may | june jun | july jul | august aug | september sep sept
        october oct | november nov | december dec
    """),
    weekday_names=numbered(
        "monday mon | tuesday tue tues | wednesday wed weds | thursday thu thur thurs | friday fri | saturday sat | sunday sun"
    ),
    date_order="MDY",
    of=words("of | of the month of | the"),
    coming=words("""
        this | next | coming | this coming | the coming | the next | the following | following | on | upcoming | this upcoming
    """),
    next_week=words("next week | of next week | the week after"),
    days=table("""
        today 0 | tonight 0 | tomorrow 1 | tomorow 1 | tommorow 1 | tommorrow 1 | tomorrw 1 | tmrw 1 | tmr 1 | yesterday -1
        the day after tomorrow 2 | day after tomorrow 2 | overmorrow 2 | the day before yesterday -2 | day before yesterday -2
        this morning 0 | this afternoon 0 | this evening 0 | this night 0 | later today 0
    """),
    feasts=table("""
        christmas 1225 | christmas day 1225 | xmas 1225 | xmas day 1225 | christmas eve 1224
        boxing day 1226 | new year's eve 1231 | new years eve 1231 | new year's day 101 | new years day 101
    """),
    beside=words("before | after | around | near | the week of"),
    in_time=words("in | within | after"),
    from_now=words("from now | from today | from this day | later | hence | after today | from tonight"),
    ago=words("ago | earlier"),
    clock=table("noon 720 | midday 720 | mid-day 720 | midnight 0"),
    morning=words("in the morning | this morning | tomorrow morning | morning | in the am"),
    evening=words("""
        in the evening | in the afternoon | at night | this evening | this afternoon | tonight | tomorrow evening | tomorrow night
        tomorrow afternoon | evening | afternoon | night | in the pm
    """),
    oclock=words("o'clock | oclock | o clock"),
    at=words("""
        at | by | around | about | before | after | until | till | from | at about | at around | for around | for about
        approximately
    """),
    past=words("past | after"),
    to=words("to | before | till"),
    quarter=words("quarter | a quarter"),
    half_past=words("half"),
    about=words("ish | sharp"),
    units=table("""
        sec 1 | secs 1 | second 1 | seconds 1 | min 60 | mins 60 | minute 60 | minutes 60 | hr 3600 | hrs 3600 | hour 3600
        hours 3600 | day 86400 | days 86400 | wk 604800 | wks 604800 | week 604800 | weeks 604800 | fortnight 1209600
        fortnights 1209600 | night 86400 | nights 86400
    """),
    months=table("month 1 | months 1 | year 12 | years 12 | yr 12 | yrs 12 | decade 120 | decades 120"),
    currencies=names("""
        euro EUR | euros EUR | dollar USD | dollars USD | buck USD | bucks USD | us dollar USD | us dollars USD | pound GBP
        pounds GBP | quid GBP | pounds sterling GBP | pound sterling GBP | sterling GBP | yen JPY | rupee INR | rupees INR
        yuan CNY | renminbi CNY | swiss franc CHF | swiss francs CHF | franc CHF | francs CHF | mexican pesos MXN | zloty PLN
        zlotys PLN | canadian dollars CAD | australian dollars AUD | reais BRL | rubles RUB | roubles RUB | norwegian kroner NOK
        swedish kronor SEK | danish kroner DKK
    """),
    cents=words("cent | cents | ct | cts | ¢ | penny | pence | pennies"),
    openers=words("""
        it's | it is | its | it will be | it'll be | it should be | it would be | it was | that's | that is | that would be
        that will be | that'd be | this is | they are | there are | there will be | there'll be | we are | we're | we will be
        we'll be | i'm | i am | make it | make that | make | let's make it | let us make it | let's say | let's do | let's go with
        let's go for | let's take | say | i'd like | i'd like to | i would like | i would like to | i want | i want to | i'd prefer
        i prefer | i would prefer | i need | i need to | i'll take | i'll have | i'll go with | i will take | i choose | i pick
        i select | i'd say | i would say | i go by | go with | i said | i mean | i meant | i think | i think it's | i guess
        i believe | i believe it's | give me | gimme | how about | what about | my name is | my name's | name is | name's
        the name is | the name's | the name | call me | just call me | i am called | i'm called | you can call me | you may call me
        use the name | under the name of | under the name | under | in the name of | in the name | by the name of | they call me
        please | pls | just | only | about | around | approximately | roughly | maybe | perhaps | probably | exactly | to | for
        from | at | on | in | by | with | as | of | and | but | uhm | uhmm | um | umm | uh | er | erm | hm | hmm | hmmm | well | so
        ok | okay | oh | ah | alright | sure | of course | hi | hello | hey | sorry | actually | rather | the answer is | answer is
        answer | should be | must be | would be | change it to | change that to | change to | set it to | set to | put | put it as
        use | pick | take | choose | select | enter | book it for | book for | send it to | send to | pay it to | pay to
        transfer to | transfer it to | give it to | my number is | my phone number is | my phone is | you can reach me at
        reach me at | call me at | my email is | my e-mail is | my email address is | email me at | the amount is | the number is
        the date is | the time is | the city is | the address is | no wait | wait | no sorry | yes please | yes | yeah | yep | no
        i said it's
    """),
    closers=words("""
        please | pls | plz | thanks | thank you | thanks a lot | thank you very much | many thanks | cheers | if possible
        if you can | if you could | if that's ok | if that's okay | if that is ok | if that's possible | if that's alright
        if that is alright | if that's all right | would be great | would be fine | would be good | would be nice | would be perfect
        is fine | is good | is ok | is okay | will do | works | works for me | sounds good | that's it | that is it | that's all
        that is all | for me | instead | then | i think | i guess | i believe | ok | okay | right | maybe | perhaps | actually | sir
        madam | is my name | is the name | is my answer | in total | total | altogether | or so
    """),
    questions=words("""
        what | what's | whats | who | who's | whom | whose | why | how | when | where | where's | which | can i | can you | can we
        could i | could you | could we | do i | do you | do we | do they | does it | does | did | is it | is there | is that
        is this | are you | are there | are we | am i | will it | will you | will i | would you | would it | should i | may i
        have you | has it | shall i | huh | pardon | excuse me | tell me | explain | i don't understand | i do not understand
        i didn't understand | i don't get it | not sure what | i have a question | help me understand
    """),
    unsure=words("""
        i don't know | i do not know | i dont know | don't know | dont know | dunno | no idea | not sure | i'm not sure
        i am not sure | i have no idea | no clue | i can't remember | i cannot remember | i don't remember | i forgot | i forget
        none of them | never mind | nevermind | nothing | whatever | i'm not certain | hard to say | hold on | one moment
        just a moment | wait | one second | a moment | give me a second | give me a moment | hang on | one sec | i need a moment
        let me check | just a second
    """),
    rather=words("""
        i mean | i meant | i said | rather | sorry | actually | make it | make that | no | wait | change it to | change to
        change that to | correction | but | should be | instead make it
    """),
    rejected=words("""
        not | instead of | rather than | isn't | is not | wasn't | don't want | do not want | never | no longer | in place of
        but not
    """),
    conjunctions=words("and | and also | plus | as well as | or | & | also"),
    introductions=words("""
        my name is | my name's | name is | name's | the name is | the name's | i am | i'm | call me | under the name of
        under the name | in the name of | by the name of | this is | for | to | from | with | at | in | it's
    """),
    name=words("name | names"),
    first_name=words("first name | given name | forename"),
    last_name=words("last name | surname | family name | second name"),
)
