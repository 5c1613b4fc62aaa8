import datetime as dt
import pytest
from django.utils import timezone
from django.contrib.sessions.backends.db import SessionStore
from django.conf import settings
from django.contrib.auth import SESSION_KEY, BACKEND_SESSION_KEY, HASH_SESSION_KEY
from tests.factories import *
from reviewapp.services.reviews import *
from reviewapp.services.members import *
from reviewapp.services.invitations import *
from reviewapp.jobs import create_job
from reviewapp.models import Job, Invitation
from reviewapp.constants import JobState

def login(page, user, url):
    s=SessionStore(); s[SESSION_KEY]=str(user.pk); s[BACKEND_SESSION_KEY]=settings.AUTHENTICATION_BACKENDS[0]; s[HASH_SESSION_KEY]=user.get_session_auth_hash(); s.save()
    page.context.add_cookies([{"name":"sessionid","value":s.session_key,"url":url}])

def test_shots(transactional_db, new_page, live_url, axe):
    alice=make_user("Alice Moreau"); bob=make_user("Bob Adeyemi"); eve=make_user("Eve Tanaka"); fresh=make_user("Fresh Person")
    m=create_review(actor=alice, draft=ReviewDraft(title="Generative artificial intelligence for digital twins in health care: a systematic review", question="How are generative models used to build digital twins of patients, and how well have they been evaluated?", population="Adults and children whose data feed a digital twin", intervention="Generative models: GANs, VAEs, diffusion, large language models", outcomes="Fidelity, clinical usefulness, risk of bias", study_designs="Any primary study", inclusion_criteria="Describes a digital twin of a person or organ\nUses a generative model\nReports an evaluation", exclusion_criteria="Reviews, editorials, protocols\nNo person data"))
    r=m.review
    for u,role,adj in ((bob,"reviewer",False),(make_user("Cara Lindqvist"),"reviewer",False),(make_user("Dan Ito"),"reviewer",True),(make_user("Olga Petrova"),"observer",False)):
        sent=invite_member(membership=m,email=u.email,part=Part(role=role,can_adjudicate=adj)); accept_invitation(actor=u,invitation=sent.invitation)
    old=invite_member(membership=m,email="late.person@example.org",part=Part(role="reviewer")); Invitation.objects.filter(pk=old.invitation.pk).update(expires_at=timezone.now())
    open_=invite_member(membership=m,email="eve.tanaka@hospital.example.org",part=Part(role="reviewer",can_adjudicate=True))
    from dataclasses import replace
    change_review(membership=m,draft=replace(draft_of(r),comparison="Mechanistic twins"),seen=fingerprint(r))
    make_records(r, 12)
    j=create_job(review=r,actor=alice,kind="x",label="Import of scopus.csv"); Job.objects.filter(pk=j.pk).update(state=JobState.RUNNING,done=98,total=154)
    f=create_job(review=r,actor=alice,kind="x",label="Search for duplicates"); Job.objects.filter(pk=f.pk).update(state=JobState.FAILED,finished_at=timezone.now(),error="Something went wrong on our side. Nothing was half-written. Try again, or tell the administrator.")
    create_review(actor=alice, draft=ReviewDraft(title="Exercise for chronic back pain"))
    sent2=invite_member(membership=m,email="frank@example.org",part=Part(role="reviewer")); revoke_invitation(membership=m,invitation=sent2.invitation)
    base=f"/reviews/{r.pk}/"
    member=Membership.objects.get(review=r,user=bob)
    shots=[("home",None,"/"),("entrance",None,f"/invitations/{open_.token}/"),("closed",None,f"/invitations/{sent2.token}/"),("login",None,"/accounts/login/"),
      ("accept",eve,f"/invitations/{open_.token}/"),("empty",fresh,"/reviews/"),("list",alice,"/reviews/"),("new",alice,"/reviews/new/"),("overview",alice,base),("overview_bob",bob,base),
      ("members",alice,base+"members/"),("members_bob",bob,base+"members/"),("member",alice,base+f"members/{member.pk}/"),("settings",alice,base+"settings/"),("log",alice,base+"log/"),("log_bad",alice,base+"log/?object_id=-1"),("forbidden",bob,base+"log/"),("job",alice,base+f"jobs/{j.pk}/"),("name",alice,"/account/name/")]
    for w,h in ((1440,900),(390,844)):
        for name,user,path in shots:
            p=new_page(width=w,height=h)
            if user: login(p,user,live_url)
            p.goto(live_url+path)
            p.wait_for_timeout(100)
            p.screenshot(path=f"/tmp/people/shots/{name}_{w}.png",full_page=True)
            assert p.evaluate("document.documentElement.scrollWidth")<=w, (name,w)
            try: axe(p)
            except AssertionError as e: print("AXE",name,w,str(e)[:600])
            p.context.close()
    # invite in the browser
    p=new_page(width=1440,height=900); login(p,alice,live_url); p.goto(live_url+base+"members/")
    p.fill("input[name=email]","new.person@example.org"); p.click("text=Send invitation"); p.wait_for_timeout(300)
    p.screenshot(path="/tmp/people/shots/invited_1440.png",full_page=True)
    p=new_page(width=390,height=844); login(p,alice,live_url); p.goto(live_url+base+"members/")
    p.fill("input[name=email]",bob.email); p.click("text=Send invitation"); p.wait_for_timeout(300)
    p.screenshot(path="/tmp/people/shots/invite_bad_390.png",full_page=True)
